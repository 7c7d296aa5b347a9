"""What an operation raises when it does not do what it was asked; each role words it for its own callers."""


class NotFoundError(Exception):
    """The scope does not contain the thing. The text names its kind: "Conversation"."""


class BusyError(Exception):
    """So much of it waits already that another had better come again shortly. The text is a sentence for the log."""


class RefusedError(Exception):
    """The thing does not take the change now. `code` is stable; the text is a sentence for a person; `errors` names
    the fields that are at fault, where some are.
    """

    def __init__(self, code: str, sentence: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.errors = errors or {}


class ConflictError(RefusedError):
    """Something else is in the way, which the sentence names; `retry_after` is in seconds, where it is known."""

    def __init__(self, code: str, sentence: str, *, retry_after: int | None = None) -> None:
        super().__init__(code, sentence)
        self.retry_after = retry_after
