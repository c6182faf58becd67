"""The one error that is an answer."""


class Refusal(Exception):
    """A request that cannot be met; the text is for a person."""
