"""``convox rack update ...`` against a peer that answers for a rack."""

import json

import pytest

UPDATE = {
    "id": "U1",
    "state": "paused",
    "origin": "1",
    "target": "2",
    "returns_to": "1",
    "cause": "",
    "step": "stage",
    "waits_for": "",
    "left": None,
    "remedy": "go on with `convox rack update resume`",
    "asked_by": "convox (ann@desk)",
    "created": "2026-01-01T00:00:00Z",
    "ended": None,
    "steps": [],
}


@pytest.mark.parametrize(
    ("line", "request_made", "said"),
    [
        ("rack update pause", "POST /system/update/pause", "Pausing the update... OK\n"),
        ("rack update resume", "POST /system/update/resume", "Resuming the update... OK\n"),
        ("rack update cancel", "POST /system/update/cancel", "Turning the update back... OK\n"),
        ("rack update undo", "POST /system/update/undo", "Undoing the update... OK\n"),
        ("rack update undo -y", "POST /system/update/undo yes=true", "Undoing the update... OK\n"),
        (
            "rack update acknowledge",
            "POST /system/update/acknowledge",
            "Acknowledging the last update... OK\n",
        ),
    ],
)
def test_an_update_is_steered(typed, peer, line, request_made, said):
    peer.answer(request_made.rpartition(" yes")[0] or request_made, UPDATE)
    ended = typed(line)
    assert (ended.status, ended.out, ended.err) == (0, said, "")
    assert peer.requests == [request_made]


def test_what_cannot_be_steered_says_why(typed, peer):
    peer.answer("POST /system/update/pause", "cannot pause the update: none", status=403)
    ended = typed("rack update pause")
    assert ended.status == 1
    assert ended.err == "ERROR: cannot pause the update: none\n"


def test_the_status_of_an_update_leaves_out_what_there_is_not(typed, peer):
    peer.answer("GET /system/update", UPDATE)
    assert typed("rack update status").out == (
        "Id       U1\n"
        "Update   1 to 2\n"
        "State    paused\n"
        "Step     stage\n"
        "Remedy   go on with `convox rack update resume`\n"
        "Asked    convox (ann@desk)\n"
        "Started  2026-01-01T00:00:00Z\n"
    )


def test_the_status_says_how_long_it_should_take_and_what_is_waited_for(typed, peer):
    moving = {
        "state": "updating",
        "waits_for": "p1 is not healthy",
        "left": {"low": 3.2, "high": 9},
    }
    peer.answer("GET /system/update", {**UPDATE, **moving, "remedy": ""})
    out = typed("rack update status").out
    assert "Waits    p1 is not healthy\n" in out
    assert "Left     3 to 9 s\n" in out


def test_the_status_says_which_app_gains_what_by_being_deployed_again(typed, peer):
    gain = {"version": "2", "feature": "timers", "reason": "they are read at build time"}
    peer.answer("GET /system/update", {**UPDATE, "redeploy": {"shop": [gain]}})
    expected = "Redeploy  shop for timers: they are read at build time\n"
    assert typed("rack update status").out.endswith(expected)
    peer.answer("GET /apps/shop", {"name": "shop", "redeploy": [gain]})
    expected = "Redeploy    for timers: they are read at build time\n"
    assert typed("apps info shop").out.endswith(expected)


def test_a_cancel_is_watched_until_the_version_before_runs(typed, peer):
    peer.stream("/system/logs", b"2026-01-01T00:00:00Z system/rack 2 undo stage OK\n")
    peer.answer("POST /system/update/cancel", {**UPDATE, "state": "rollback"})
    peer.answer(
        "GET /system/update", {**UPDATE, "state": "rollback"}, {**UPDATE, "state": "undone"}
    )
    peer.answer("GET /system", {"version": "1"})
    ended = typed("rack update cancel --wait")
    assert ended.status == 0
    assert ended.out.startswith("Turning the update back... \n")
    assert ended.out.endswith("undo stage OK\nOK\n")


def test_an_undo_that_cannot_be_finished_is_an_error(typed, peer):
    peer.stream("/system/logs")
    peer.answer("POST /system/update/undo", {**UPDATE, "state": "rollback"})
    peer.answer("GET /system/update", {**UPDATE, "state": "failed", "cause": "undo of stage: full"})
    peer.answer("GET /system", {"version": "2"})
    ended = typed("rack update undo --wait")
    assert ended.status == 1
    assert "update to 1 failed: 2 is running; undo of stage: full" in ended.err


def test_the_way_back_is_shown_before_it_is_gone_and_is_approved_by_its_hash(typed, peer):
    peer.answer("GET /system/update/undo", {"lines": ["From 2 to 1, 1 hop", "Plan abc"]})
    peer.answer("POST /system/update/undo", {**UPDATE, "state": "rollback"})
    assert typed("rack update undo --plan").out == "From 2 to 1, 1 hop\nPlan abc\n"
    assert json.loads(typed("rack update undo --plan --json").out)["lines"][1] == "Plan abc"
    assert peer.requests == ["GET /system/update/undo"] * 2
    ended = typed("rack update undo --approve abc --json")
    assert peer.requests[2:] == ["POST /system/update/undo plan=abc"]
    assert (json.loads(ended.out)["id"], ended.err) == ("U1", "Undoing the update... OK\n")


def test_a_plan_is_approved_by_its_hash(typed, peer):
    peer.answer("POST /system/update", {**UPDATE, "version": "2", "reason": ""})
    assert typed("rack update 2 --approve abc --yes").status == 0
    assert peer.requests == ["POST /system/update version=2 plan=abc yes=true"]


def test_the_rack_says_where_its_update_stands(typed, peer):
    system = {"name": "dev", "provider": "local", "status": "updating", "version": "1"}
    peer.answer("GET /system", {**system, "update": "to 2 paused at stage"})
    assert "Update    to 2 paused at stage\n" in typed("rack").out


def test_an_update_that_is_wanted_as_json_says_the_rest_beside(typed, peer):
    peer.answer("POST /system/update", {**UPDATE, "version": "2", "reason": ""})
    ended = typed("rack update --json")
    assert json.loads(ended.out)["id"] == "U1"
    assert ended.err == "Updating to 2... UPDATING\n"


def test_an_update_that_is_waited_for_ends_as_json(typed, peer):
    peer.stream("/system/logs", b"2026-01-01T00:00:00Z system/rack 2 commit OK\n")
    peer.answer("POST /system/update", {**UPDATE, "version": "2", "reason": ""})
    peer.answer("GET /system/update", {**UPDATE, "state": "done"})
    peer.answer("GET /system", {"version": "2"})
    ended = typed("rack update --json --wait")
    assert json.loads(ended.out)["state"] == "done"
    assert "commit OK" in ended.err
