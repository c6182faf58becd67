"""What failed a moment ago is not tried again at once."""

from dataclasses import dataclass, field

from convox.host.clock import Clock

_FIRST = 0.5  # seconds
_LONGEST = 30.0  # seconds


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Waits after each failure of the same thing twice as long as before."""

    clock: Clock
    _failures: dict[str, tuple[int, float]] = field(default_factory=dict)

    def may_try(self, what: str) -> bool:
        """Say whether it is time to try it (again)."""
        return what not in self._failures or self.clock.monotonic() >= self._failures[what][1]

    def failed(self, what: str) -> int:
        """Note a failure; return how many there were in a row."""
        count = self._failures.get(what, (0, 0.0))[0] + 1
        pause = min(_LONGEST, _FIRST * 2 ** min(count - 1, 10))
        self._failures[what] = (count, self.clock.monotonic() + pause)
        return count

    def succeeded(self, what: str) -> None:
        """Forget its failures."""
        self._failures.pop(what, None)
