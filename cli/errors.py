"""What a command says when it cannot go on."""


class CommandError(Exception):
    """One line that says what is wrong and what to do; the command ends with status 1."""
