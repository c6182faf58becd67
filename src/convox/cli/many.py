"""Many racks asked side by side, so that one that does not answer keeps no other waiting."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from convox.cli.call import Call
from convox.cli.selection import endpoint_of
from convox.client.rack import Rack

T = TypeVar("T")

_AT_ONCE = 32
_PATIENCE = 5.0  # seconds without a byte until a rack is not waited for any longer


def ask(names: Iterable[str], question: Callable[[str], T]) -> dict[str, T]:
    """Return the answer for each name."""
    from concurrent.futures import ThreadPoolExecutor

    asked = list(names)
    with ThreadPoolExecutor(_AT_ONCE) as asking:
        return dict(zip(asked, asking.map(question, asked), strict=True))


def rack_named(call: Call, name: str) -> Rack:
    """Return a rack by its name, whichever one the command is for otherwise."""
    endpoint = endpoint_of(call.settings, call.machine, name)
    return Rack(endpoint._replace(patience=_PATIENCE))
