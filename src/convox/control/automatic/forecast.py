"""What a rack tells everybody of its next update, made from one outlook. Pure."""

from dataclasses import dataclass

from convox.control.automatic.action import Action
from convox.control.automatic.decide import alarm
from convox.control.automatic.outlook import Outlook
from convox.control.automatic.words import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What comes next, and what that was decided from."""

    outlook: Outlook
    action: Action

    @property
    def newest(self) -> str:
        """The newest release that is offered; the running one where none is newer.

        Empty where that is not known, and where the running one was withdrawn and is the only one.
        """
        offers = self.outlook.offers
        if offers:
            return offers[-1].version
        if self.outlook.withdrawn:
            return self.outlook.older
        return self.outlook.running if self.outlook.feed.is_read else ""

    @property
    def hold(self) -> str:
        """For how long a person lets nothing begin by itself; empty where nobody does."""
        found = self.outlook.policy.hold
        if found is None or not found.holds(self.outlook.now):
            return ""
        return f"until {moment(found.until)}" if found.until else "for good"

    @property
    def pin(self) -> str:
        """The newest release that a person lets the rack go to by itself; empty for any."""
        return self.outlook.policy.pin

    @property
    def line(self) -> str:
        """What comes next, and what is to be read at once."""
        return f"{self.action.line}; {self.alarm}" if self.alarm else self.action.line

    @property
    def alarm(self) -> str:
        """What somebody should know at once; mostly nothing."""
        return alarm(self.outlook)
