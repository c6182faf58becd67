"""How a release can be broken."""

from enum import StrEnum


class Flaw(StrEnum):
    """What is wrong with a release, which its shadow does not show unless it says so."""

    ENDS = "ends"
    """It ends at once."""
    HANGS = "hangs"
    """It never takes over, and does not end when told to."""
    IDLES = "idles"
    """It takes over and then does nothing, not even end."""
    MUTE = "mute"
    """Its API does not answer."""
    BLIND = "blind"
    """Its API answers, and no page of an app does."""
    STALLS = "stalls"
    """It carries updates out, and soon starts or stops no process and no instance any more."""
    STICKS = "sticks"
    """It carries updates out up to a step that never ends, and answers meanwhile."""
    LOSES = "loses"
    """Where it acts, the apps are gone from its records."""
    FORGETS = "forgets"
    """Its shadow answers as if there were no apps."""
