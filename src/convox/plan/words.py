"""Words that plans are told in. Pure."""


def counted(number: int, noun: str) -> str:
    """Return so many of what the noun says: ``1 hop``, ``2 processes``."""
    ending = "es" if noun.endswith("s") else "s"
    return f"1 {noun}" if number == 1 else f"{number} {noun}{ending}"
