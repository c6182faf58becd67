"""The one error that is an answer."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """A request that cannot be met; the text is for a person."""
