"""``convox rack update``: left to the rack, planned, or watched to its end."""

import pytest

LOG = b"2026-01-15T13:37:22Z system/deploy web: 1 of 2\n"
MISSED = "update to 2 undone: 1 is running; soak: web answers 500"


def begun(**changes):
    known = {"id": "U1", "version": "2", "target": "2", "reason": ""}
    return {**known, **changes}


def running(state, **changes):
    steps = [{"name": "fetch", "state": "done"}, {"name": "soak", "state": "doing"}]
    return {"id": "U1", "state": state, "target": "2", "cause": "", "steps": steps, **changes}


@pytest.mark.parametrize(
    ("before", "status", "said"),
    [
        ({"id": "U1", "state": "updating"}, 1, f"ERROR: {MISSED}\n"),
        ({"id": "U0", "state": "undone"}, 1, f"ERROR: {MISSED}\n"),
        ({"id": "U1", "state": "undone"}, 0, f"NOTICE: {MISSED}\n"),
    ],
)
def test_a_wait_is_an_error_when_an_update_was_undone_meanwhile(typed, peer, before, status, said):
    peer.stream("/system/logs")
    undone = running("undone", cause="soak: web answers 500")
    peer.answer("GET /system/update", before, undone)
    peer.answer("GET /system", {"status": "running", "version": "1"})
    ended = typed("rack wait")
    assert (ended.status, ended.err) == (status, said)


@pytest.mark.parametrize(
    ("line", "request_made", "reason", "out"),
    [
        ("rack update", "POST /system/update", "2 is required", "Updating to 2... UPDATING\n"),
        ("rack update 2", "POST /system/update version=2", "", "Updating to 2... UPDATING\n"),
        (
            "rack update 3 --through",
            "POST /system/update version=3 through=true",
            "2 is required and comes first",
            "2 is required and comes first\nUpdating to 2... UPDATING\n",
        ),
    ],
)
def test_an_update_is_left_to_the_rack(typed, peer, line, request_made, reason, out):  # noqa: PLR0917 - a table
    peer.answer("POST /system/update", begun(reason=reason))
    ended = typed(line)
    assert (ended.status, ended.out, ended.err) == (0, out, "")
    assert peer.requests == [request_made]


def test_what_an_update_goes_ahead_of_is_told_beside_the_results(typed, peer):
    peer.answer("POST /system/update", {**begun(), "ahead": ["ahead of its roll-out"]})
    ended = typed("rack update")
    assert ended.out == "Updating to 2... UPDATING\n"
    assert "ahead of its roll-out" in ended.err


def test_a_plan_is_shown_and_nothing_is_begun(typed, peer):
    peer.answer("GET /system/update/plan", {"hash": "h", "lines": ["1 -> 2", "no interruption"]})
    assert typed("rack update 2 --plan --through").out == "1 -> 2\nno interruption\n"
    assert peer.requests == ["GET /system/update/plan?version=2&through=true"]
    assert '"hash": "h"' in typed("rack update --plan --json").out


def test_an_unsigned_list_is_shown_with_that_it_is_unsigned_and_nothing_is_begun(typed, peer):
    found = {
        "unsigned": "LIST is not signed",
        "releases": [{"version": "2", "published": True, "required": False, "description": ""}],
        "lines": ["From 1 to 2"],
    }
    peer.answer("GET /system/legacy", found)
    planned = typed("rack update --plan --legacy LIST")
    assert planned.out == "From 1 to 2\n"
    listed = typed("rack releases --legacy LIST")
    assert listed.out.splitlines()[1].split() == ["2", "yes", "no"]
    for ended in (planned, listed, typed("rack update --plan --legacy LIST --json")):
        assert "LIST is not signed" in ended.err
    refused = typed("rack update 2 --legacy LIST")
    assert "cannot update by LIST: it is not signed" in refused.err
    assert {request.partition("?")[0] for request in peer.requests} == {"GET /system/legacy"}


def test_nothing_is_said_to_be_updating_when_no_version_was_named_and_the_rack_refuses(typed, peer):
    peer.answer("POST /system/update", "cannot update: 1 is the newest release", status=403)
    ended = typed("rack update")
    assert (ended.out, ended.err) == ("", "ERROR: cannot update: 1 is the newest release\n")


def test_an_update_is_watched_to_its_end_though_the_api_is_away_for_a_moment(typed, peer):
    peer.stream("/system/logs", LOG)
    peer.answer("POST /system/update", begun())
    peer.answer("GET /system/update", running("updating"))
    peer.answer("GET /system/update", "moving", status=503)
    peer.answer("GET /system/update", running("done"))
    peer.answer("GET /system", {"version": "1"}, {"version": "2"})
    ended = typed("rack update --wait")
    assert (ended.status, ended.out) == (0, f"Updating to 2... \n{LOG.decode()}OK\n")


def test_an_update_that_was_undone_is_an_error_with_its_cause(typed, peer):
    peer.stream("/system/logs")
    peer.answer("POST /system/update", begun())
    peer.answer("GET /system/update", running("undone", cause="soak: web answers 500"))
    peer.answer("GET /system", {"version": "1"})
    ended = typed("rack update --wait")
    assert ended.status == 1
    assert ended.err == "ERROR: update to 2 undone: 1 is running; soak: web answers 500\n"


def test_the_version_that_runs_decides_when_another_update_has_begun_since(typed, peer):
    peer.stream("/system/logs")
    peer.answer("POST /system/update", begun())
    peer.answer("GET /system/update", running("updating", id="U2"))
    peer.answer("GET /system", {"version": "2"})
    assert typed("rack update --wait").status == 0
