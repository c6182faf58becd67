"""What befalls an update on the left, what becomes of it on the right, in a line each."""

import pytest
from tests.simulation.history import History
from tests.simulation.script import read, shape

from convox.testing.simulation.records import Records

_RACK = 1  # any of the random ones
_RECORDS = Records()
_UPDATE = "1 update; 60 resume"

STORIES = {
    "nothing happens": ("", "done"),
    "the new version ends at once": ("0 flaw 20260101000001 ends", "undone"),
    "the new version hangs and never takes over": ("0 flaw 20260101000001 hangs", "undone"),
    "the new version takes over and does nothing": ("0 flaw 20260101000001 idles", "undone"),
    "the API of the new version does not answer": ("0 flaw 20260101000001 mute", "undone"),
    "pages die under the new version": ("0 flaw 20260101000001 blind", "undone"),
    "the new version moves no process": ("0 flaw 20260101000001 stalls", "undone"),
    "a step of the new version never ends": ("0 flaw 20260101000001 sticks", "undone"),
    "the shadow has forgotten the apps": ("0 flaw 20260101000001 forgets", "undone"),
    "the new version loses the apps": ("0 flaw 20260101000001 loses", "undone"),
    "a new component does no work": ("0 flaw 20260101000001 idle-component", "undone"),
    "instances of the new image are never ready": ("0 flaw 20260101000001 dead-image", "undone"),
    "the new version hangs, and the keeper dies meanwhile": (
        "0 flaw 20260101000001 hangs; 1 update; 30 kill-keeper",
        "undone",
    ),
}


@pytest.mark.parametrize(("script", "end"), STORIES.values(), ids=STORIES)
def test_an_update_ends_right(script: str, end: str) -> None:
    played = History(_RECORDS, shape(_RACK), read(f"{script}; {_UPDATE}"), _RACK).play()
    assert set(played.updates) == {end}
