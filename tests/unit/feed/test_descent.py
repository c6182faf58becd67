"""Whether the epochs of a lineage only go on: ``AB`` is a release that writes epochs A and B."""

import pytest

from convox.feed.descent import steps_back
from convox.feed.release import Surface


def lineage(text: str):
    for version, epochs in enumerate(text.split(), start=1):
        numbers = frozenset(map(int, epochs))
        yield str(version), {"usage": Surface(reads=numbers, writes=numbers)}


@pytest.mark.parametrize("text", ["", "1", "1 1 12 12 2", "1 12 2 23 3", "12 1 1", "2 3", "1 3"])
def test_epochs_are_good_when_they_go_on(text):
    assert list(steps_back(lineage(text))) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("2 1", "release 2 goes back to usage 1, after 2 was written"),
        ("1 12 2 12", "release 4 goes back to usage 1, after 2 was written"),
        ("13 123", "release 2 goes back to usage 2, after 3 was written"),
        ("12 2 3 12", "release 4 goes back to usage 1 and 2, after 3"),
    ],
)
def test_it_is_said_when_an_epoch_goes_back(text, where):
    (found,) = steps_back(lineage(text))
    assert found.startswith(where)


def test_a_surface_is_remembered_when_a_release_between_lacks_it():
    (one, two), three = (
        lineage("2 2"),
        {"usage": Surface(reads=frozenset({1}), writes=frozenset({1}))},
    )
    del two
    assert list(steps_back([one, ("2", {}), ("3", three)])) == [
        "release 3 goes back to usage 1, after 2 was written; give a new form a number of its own"
    ]
