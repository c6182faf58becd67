"""Whether a history is whole. Pure.

That is asked apart from what was done to it: the second may be a guess where somebody did several
things at once, the first never is.
"""

from collections.abc import Iterable, Sequence

from convox.audit.entry import EMPTY, Entry, Head
from convox.audit.finding import Fault, Finding
from convox.audit.retracing import retrace


def verify(entries: Sequence[Entry], head: Head | None) -> Sequence[Finding]:
    """Return what is wrong with a history, by number; nothing where it is whole.

    ``head`` is what was anchored last, ``None`` where that is lost.
    """
    anchor = head or EMPTY
    found = [] if is_whole(entries, anchor) else retrace(entries, anchor)
    if head is None and entries:
        text = "the head is not there, so nobody can see whether entries were cut off the end"
        return [Finding(number=0, fault=Fault.UNANCHORED, text=text), *found]
    return found


def is_whole(entries: Iterable[Entry], anchor: Head, *, start: Head = EMPTY) -> bool:
    """Say whether the entries follow each other from ``start`` on, and lead over the anchor."""
    last = start
    is_passed = last == anchor
    for entry in entries:
        if (entry.number, entry.previous) != (last.number + 1, last.digest) or not entry.is_sealed:
            return False
        last = Head(number=entry.number, digest=entry.digest)
        is_passed = is_passed or last == anchor
    return is_passed
