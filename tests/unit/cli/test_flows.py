"""Commands that go on for a while: logs, waits, promotions and deletions."""

import threading

import pytest

APP = {"name": "app1", "status": "running", "release": "release1"}
LOG = b"2026-01-15T13:37:22Z system/deploy web: 1 of 2\n"


def test_logs_are_printed_as_they_are(typed, peer):
    peer.stream("/apps/app1/logs", b"a\n", b"\xc3", b"\xa4\x1b[31mred\n")
    ended = typed("logs --no-follow --since 20m --filter x")
    assert (ended.status, ended.out) == (0, "a\nä\x1b[31mred\n")
    sent = peer.heads[0]
    assert [sent[key] for key in ("Follow", "Since", "Filter", "Prefix")] == [
        "false",
        "20m",
        "x",
        "true",
    ]


def test_logs_follow_by_leaving_the_option_out(typed, peer):
    peer.stream("/system/logs", LOG)
    assert typed("rack logs").out == LOG.decode()
    assert not {"Follow", "Since", "Filter"} & peer.heads[0].keys()


def test_a_refusal_within_a_stream_is_an_error(typed, peer):
    peer.stream("/apps/app1/logs", b"ERROR: cannot find app app1: no such app\n")
    ended = typed("logs")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "ERROR: cannot find app app1: no such app\n"


def test_a_refused_stream_tells_why(typed, peer):
    peer.answer("GET /apps/app1/logs", "no such app: app1\n", status=404)
    ended = typed("logs")
    assert (ended.status, ended.out, ended.err) == (1, "", "ERROR: no such app: app1\n")


def test_a_wait_shows_what_the_system_says_and_nothing_else(typed, peer):
    peer.stream(
        "/system/logs", b"2026-01-15T13:37:22Z service/web/x hidden\n", LOG[:20], LOG[20:], LOG
    )
    peer.answer("GET /system", *({"status": each} for each in ("updating", "running")))
    ended = typed("rack wait")
    assert (ended.status, ended.out) == (0, f"Waiting for rack... \n{LOG.decode()}OK\n")
    opened = peer.heads[peer.requests.index("SOCKET /system/logs")]
    assert 0 < float(opened["Since"].removesuffix("s")) < 5
    assert peer.requests.count("GET /system") == 3


def test_a_promotion_is_seen_through_when_asked(typed, peer):
    peer.stream("/apps/app1/logs", LOG)
    peer.answer(
        "GET /apps/app1", APP, {**APP, "status": "updating"}, {**APP, "release": "release2"}
    )
    peer.answer("POST /apps/app1/releases/release2/promote", "ok")
    ended = typed("releases promote release2 -w")
    assert (ended.status, ended.out) == (0, f"Promoting release2... \n{LOG.decode()}OK\n")


@pytest.mark.parametrize(
    "states",
    [
        ({"status": "rollback"},),
        ({"status": "running", "release": "release1"},),
    ],
)
def test_a_promotion_that_is_rolled_back_is_an_error(typed, peer, states):
    peer.stream("/apps/app1/logs")
    peer.answer("GET /apps/app1", APP, *states)
    peer.answer("POST /apps/app1/releases/release2/promote", "ok")
    ended = typed("releases promote release2 -w")
    assert ended.status == 1
    assert ended.err.startswith("ERROR: rollback: the release did not become healthy")


def test_the_cause_of_a_rollback_is_shown_though_the_log_tells_it_late(typed, peer):
    is_seen = threading.Event()

    class Requests(list):
        """Notes when the app was asked for a second time, and so was seen to be rolled back."""

        def append(self, request):
            super().append(request)
            if self.count("GET /apps/app1") == 2:
                is_seen.set()

    def tell(socket):
        is_seen.wait(5)
        socket.send(1, b"2026-01-15T13:37:23Z system/rack release release2 failed: it crashed\n")
        socket.send(2, b"")

    peer.requests = Requests()
    peer.streams["/apps/app1/logs"] = tell
    peer.answer("GET /apps/app1", APP, {"status": "rollback"})
    peer.answer("POST /apps/app1/releases/release2/promote", "ok")
    ended = typed("releases promote release2 -w")
    assert "release2 failed: it crashed" in ended.out
    assert ended.err.startswith("ERROR: rollback")


def test_a_promotion_waits_for_an_app_that_is_busy(typed, peer):
    peer.stream("/apps/app1/logs")
    peer.answer("GET /apps/app1", {**APP, "status": "updating"}, APP)
    peer.answer("POST /apps/app1/releases/release2/promote", "ok")
    ended = typed("releases promote release2")
    assert ended.out == "Waiting for app to be ready... OK\nPromoting release2... OK\n"


def test_what_an_app_says_meanwhile_stands_on_lines_of_its_own(typed, peer):
    peer.stream("/apps/app1/logs", LOG)
    peer.answer("GET /apps/app1", {**APP, "status": "updating"}, APP)
    peer.answer("POST /apps/app1/releases/release2/promote", "ok")
    ended = typed("releases promote release2")
    waited = f"Waiting for app to be ready... \n{LOG.decode()}OK\n"
    assert ended.out == f"{waited}Promoting release2... OK\n"


def test_a_deletion_is_seen_through_when_asked(typed, peer):
    peer.answer("DELETE /apps/x", "ok")
    peer.answer("GET /apps/x", {"status": "deleting"})
    peer.answer("GET /apps/x", "no such app: x", status=404)
    assert typed("apps delete x --wait").out == "Deleting x... OK\n"
