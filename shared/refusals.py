"""What an operation raises when it does not do what it was asked; each role words it for its own callers."""


class NotFoundError(Exception):
    """The scope does not contain the thing. The text names its kind: "Conversation"."""


class RefusedError(Exception):
    """The thing does not take the change now. `code` is stable; the text is a sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class ConflictError(RefusedError):
    """Something else is in the way, which the sentence names."""
