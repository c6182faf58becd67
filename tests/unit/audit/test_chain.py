"""What is done to a history is seen, and called by its name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.audit.chains import chain, head_of, rebound, renumbered

from convox.audit.chain import verify
from convox.audit.entry import EMPTY, Entry, Head, seal

WHOLE = chain(8)
OTHER = "f" * 64
CHANGES: dict[str, Callable[[Entry], Entry]] = {
    "time": lambda entry: replace(entry, time=entry.time + timedelta(microseconds=1)),
    "kind": lambda entry: replace(entry, kind="done"),
    "who": lambda entry: replace(entry, who="nobody"),
    "text": lambda entry: replace(entry, text=entry.text + " "),
    "detail": lambda entry: replace(entry, detail={**entry.detail, "version": None}),
    "previous": lambda entry: replace(entry, previous=OTHER),
    "digest": lambda entry: replace(entry, digest=OTHER),
    "text and digest": lambda entry: seal(replace(entry, text="other")),
    "previous and digest": lambda entry: seal(replace(entry, previous=OTHER)),
}
places = st.integers(1, len(WHOLE))
# Where the head was anchored: at the end, or some entries ago, as it is between two rounds.
anchors = st.integers(0, len(WHOLE)).map(lambda n: head_of(WHOLE, n) if n else EMPTY)


def told(entries, head=None):
    """Return what is found, in words as short as ``3 changed``."""
    found = verify(entries, head or head_of(WHOLE))
    return [f"{finding.number} {finding.fault}" for finding in found]


@given(anchors)
def test_nothing_is_found_where_nothing_was_done(head):
    assert told(WHOLE, head) == []
    assert verify([], None) == verify([], EMPTY) == []


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("number", range(1, len(WHOLE) + 1))
def test_a_changed_entry_is_named(number, change):
    entries = [change(entry) if entry.number == number else entry for entry in WHOLE]
    assert told(entries) == [f"{number} changed"]


@given(places, anchors)
def test_an_entry_that_was_changed_since_the_head_was_anchored_is_named_too(number, head):
    entries = [CHANGES["who"](entry) if entry.number == number else entry for entry in WHOLE]
    assert told(entries, head) == [f"{number} changed"]


@given(st.integers(1, len(WHOLE) - 1), anchors)
def test_a_removed_entry_is_named(number, head):
    entries = [entry for entry in WHOLE if entry.number != number]
    assert told(entries, head) == [f"{number} removed"]


@given(st.integers(1, len(WHOLE) - 1))
def test_a_removed_entry_is_named_when_the_others_close_the_gap(number):
    entries = renumbered([entry for entry in WHOLE if entry.number != number])
    assert told(entries) == [f"{number} removed"]


@given(places)
def test_a_cut_is_seen_although_what_is_left_is_whole(kept):
    entries = WHOLE[: kept - 1]
    assert told(entries) == [f"{kept} cut"]
    assert verify(entries, head_of(WHOLE))[0].text.endswith(
        "not there any more; the end was cut off"
    )


@given(places, places, anchors)
def test_swapped_entries_are_named(one, other, head):
    entries = list(WHOLE)
    entries[one - 1], entries[other - 1] = WHOLE[other - 1], WHOLE[one - 1]
    wanted = [] if one == other else [f"{number} reordered" for number in sorted((one, other))]
    assert told(renumbered(entries)) == wanted
    assert bool(verify(renumbered(entries), head)) == bool(wanted)
    assert bool(verify(entries, head)) == bool(wanted)


@given(places)
def test_an_inserted_entry_is_named_whether_its_links_are_right_or_not(number):
    for forged in (replace(WHOLE[0], text="x"), seal(replace(WHOLE[number - 1], text="x"))):
        entries = renumbered([*WHOLE[: number - 1], forged, *WHOLE[number - 1 :]])
        assert told(entries) == [f"{number} inserted"]


def test_a_copy_of_an_entry_is_told_from_the_entry():
    copy = replace(WHOLE[2], number=9)
    assert told([*WHOLE, copy]) == ["9 changed"]


@given(st.sampled_from(sorted(CHANGES)), places)
def test_a_history_that_was_written_anew_does_not_lead_to_the_head(change, number):
    entries = [CHANGES[change](entry) if entry.number == number else entry for entry in WHOLE]
    anew = rebound(entries)
    if anew != WHOLE:
        assert verify(anew, head_of(anew)) == []  # so it is whole, but for the head
        assert f"{len(WHOLE)} changed" in told(anew)


def test_a_lost_head_is_said():
    assert [finding.fault for finding in verify(WHOLE, None)] == ["unanchored"]
    changed = [replace(WHOLE[0], who="nobody"), *WHOLE[1:]]
    assert [finding.fault for finding in verify(changed, None)] == ["unanchored", "changed"]


numbers = st.integers(-(2**31), 2**31 - 1)
anything = st.lists(
    st.builds(
        lambda at, number, previous, digest: replace(
            WHOLE[at],
            number=WHOLE[at].number if number is None else number,
            previous=previous or WHOLE[at].previous,
            digest=digest or WHOLE[at].digest,
        ),
        st.integers(0, len(WHOLE) - 1),
        st.none() | numbers,
        st.none() | st.sampled_from([entry.digest for entry in WHOLE]),
        st.none() | st.sampled_from([entry.digest for entry in WHOLE]),
    ),
    max_size=10,
)


@given(anything, anchors)
def test_whatever_was_done_is_found(entries, head):
    is_whole = entries == WHOLE[: len(entries)] and len(entries) >= head.number
    assert (verify(entries, head) == []) == is_whole


def test_a_number_out_of_all_bounds_costs_no_time():
    far = Head(number=2**62, digest=OTHER)
    assert told(WHOLE, far) == ["9 cut"]
    assert told([*WHOLE[:-1], replace(WHOLE[-1], number=2**62)]) == ["8 changed"]


def test_a_history_has_to_begin_at_its_beginning():
    first = seal(replace(WHOLE[0], previous=OTHER))
    assert told([first], head_of([first])) == ["1 changed"]
