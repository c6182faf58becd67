"""What a command says no with."""


class CommandError(Exception):
    """The person's request cannot be carried out; the text says why and what to do."""
