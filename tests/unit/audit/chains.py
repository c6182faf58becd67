"""Histories made without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from convox.audit.entry import GENESIS, Entry, Head, Kind, seal

START = datetime(2026, 1, 1, tzinfo=UTC)


def chain(length: int) -> list[Entry]:
    """Return a history that is whole."""
    entries: list[Entry] = []
    for number in range(1, length + 1):
        entries.append(
            seal(
                Entry(
                    number=number,
                    time=START + timedelta(seconds=number),
                    kind=Kind.ASKED,
                    who="convox (root@here)",
                    text=f"text {number}",
                    detail={"version": str(number)},
                    previous=entries[-1].digest if entries else GENESIS,
                    digest="",
                )
            )
        )
    return entries


def head_of(entries: Sequence[Entry], number: int | None = None) -> Head:
    """Return the head as it was anchored when the history had so many entries."""
    entry = entries[len(entries) - 1 if number is None else number - 1]
    return Head(number=entry.number, digest=entry.digest)


def renumbered(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with the numbers of the places where they stand."""
    return [replace(entry, number=number) for number, entry in enumerate(entries, 1)]


def rebound(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with all numbers, links and digests made anew."""
    made: list[Entry] = []
    for entry in renumbered(entries):
        previous = made[-1].digest if made else GENESIS
        made.append(seal(replace(entry, previous=previous)))
    return made
