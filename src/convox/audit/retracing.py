"""What was done to a history that is not whole. Pure.

A digest names exactly one content. So from an anchored head every entry is recognised, wherever it
stands and whatever number it bears now, by the digest that its successor holds: we go backwards
from the head. What was added since the head was anchored is followed forwards, as far as the links
hold. What is left over was put in by somebody else.
"""

from collections import deque
from collections.abc import Sequence

from convox.audit.entry import GENESIS, Entry, Head
from convox.audit.finding import Fault, Finding


def retrace(entries: Sequence[Entry], head: Head) -> Sequence[Finding]:
    """Return what was done, by number; ``entries`` do not lead over the head as they should."""
    walk = _Walk(entries, head)
    walk.go_back()
    walk.go_on()
    walk.judge_order()
    if not walk.findings:
        walk.judge_numbers()
    return sorted(walk.findings, key=lambda finding: finding.number)


class _Walk:
    """Goes along the links, and notes where one leads nowhere.

    An entry goes by its place in ``entries``. ``_written`` has the number that each recognised one
    was written as. A digest of ``""`` is one that is not known.
    """

    def __init__(self, entries: Sequence[Entry], head: Head) -> None:
        self.findings: list[Finding] = []
        self._entries = entries
        self._head = head
        self._written: dict[int, int] = {}
        # A copy never stands in for what it was made from: where both are there, the sealed wins.
        places = sorted(range(len(entries)), key=lambda at: entries[at].is_sealed)
        self._by_digest = {entries[at].digest: at for at in places}
        self._by_previous = {entries[at].previous: at for at in places}
        self._by_number = {entries[at].number: at for at in places}
        self._ascending = sorted(self._by_number)

    def note(self, number: int, fault: Fault, text: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(number=number, fault=fault, text=text))

    def go_back(self) -> None:
        """Recognise every entry up to the head."""
        number, digest = self._head.number, self._head.digest
        while number > 0:
            at = self._free(self._by_digest.get(digest))
            if at is None:
                at = self._free(self._by_number.get(number))
            if at is None:
                number, digest = self._skip_gap(number), ""
            else:
                digest = self._recognise(at, number, digest)
                number -= 1
        if digest not in {"", GENESIS}:
            self.note(1, Fault.CHANGED, "entry 1 follows another one, which is not there")

    def go_on(self) -> None:
        """Follow what was added since the head was anchored, and find what was put in."""
        last = self._head
        rest = deque(sorted(range(len(self._entries)), key=lambda at: self._entries[at].number))
        while rest:
            at = self._free(self._by_previous.get(last.digest))
            if at is None or not self._entries[at].is_sealed_as(last.number + 1):
                at = self._free(rest.popleft())
            if at is not None:
                last = self._follow(at, last)

    def judge_order(self) -> None:
        """Find the entries that changed places."""
        stands = [number for _, number in sorted(self._written.items())]
        for number, other in zip(stands, sorted(stands), strict=True):
            if number != other:
                self.note(number, Fault.REORDERED, f"entry {number} stands in another's place")

    def judge_numbers(self) -> None:
        """Find the entries that bear other numbers than they were written with."""
        for at, number in sorted(self._written.items()):
            bears = self._entries[at].number
            if bears != number:
                self.note(number, Fault.CHANGED, f"entry {number} bears the number {bears}")

    def _free(self, at: int | None) -> int | None:
        return None if at in self._written else at

    def _recognise(self, at: int, number: int, digest: str) -> str:
        """Take an entry for the one with the number; return the digest of the one before it."""
        entry = self._entries[at]
        self._written[at] = number
        if entry.is_sealed_as(number) and digest in {"", entry.digest}:
            return entry.previous
        self._note_change(number)
        before = self._by_digest.get(entry.previous)
        is_true = before is not None and self._entries[before].is_sealed_as(number - 1)
        return entry.previous if is_true else ""

    def _skip_gap(self, number: int) -> int:
        """Note that entries up to the number are gone; return the number of the one before."""
        is_cut = number == self._head.number and self._ascending[-1:] < [number]
        while self._ascending and not self._is_free_below(self._ascending[-1], number):
            self._ascending.pop()
        before = max(0, self._ascending[-1]) if self._ascending else 0
        self._note_removal(before + 1, number, Fault.CUT if is_cut else Fault.REMOVED)
        return before

    def _is_free_below(self, candidate: int, number: int) -> bool:
        return candidate < number and self._by_number[candidate] not in self._written

    def _follow(self, at: int, last: Head) -> Head:
        """Judge the entry that comes next; return what the one after it has to follow."""
        entry, number = self._entries[at], last.number + 1
        if entry.previous == last.digest and entry.is_sealed_as(number):
            self._written[at] = number
            return Head(number=number, digest=entry.digest)
        if entry.number < number:
            text = f"an entry {entry.number} was put in; the history does not lead over it"
            self.note(entry.number, Fault.INSERTED, text)
            return last
        self._written[at] = entry.number
        if entry.number > number:
            self._note_removal(number, entry.number - 1, Fault.REMOVED)
        elif entry.is_sealed and last == self._head:
            text = f"entry {entry.number} was put in; it does not follow the one before it"
            self.note(entry.number, Fault.INSERTED, text)
        elif entry.is_sealed and last.digest:
            self._note_change(last.number)
        if entry.is_sealed:
            return Head(number=entry.number, digest=entry.digest)
        self._note_change(entry.number)
        return Head(number=entry.number, digest="")

    def _note_change(self, number: int) -> None:
        self.note(number, Fault.CHANGED, f"entry {number} is not what was written")

    def _note_removal(self, first: int, last: int, fault: Fault) -> None:
        are = "entry {} is" if first == last else "entries {} to {} are"
        where = "any more; the end was cut off" if fault is Fault.CUT else "any more"
        self.note(first, fault, f"{are.format(first, last)} not there {where}")
