"""Commands that go on for a while: builds, logs, waits, updates, and commands in processes."""

import io
import re
import subprocess
import tarfile
import threading

import pytest

APP = {"name": "app1", "status": "running", "release": "release1"}
LOG = b"2026-01-15T13:37:22Z system/deploy web: 1 of 2\n"
MARKER = b"F1E49A85-0AD7-4AEF-A618-C249C6E6568D:"


@pytest.fixture
def buildable(peer, folder):
    """A folder to build and a rack that builds it."""
    (folder / "convox.yml").write_text("services:\n  web: {}\n")
    peer.answer("POST /apps/app1/builds", {"id": "B1", "app": "app1"})
    peer.answer(
        "GET /apps/app1/builds/B1",
        {"id": "B1", "status": "running"},
        {"id": "B1", "status": "complete", "release": "R1"},
    )
    peer.stream("/apps/app1/builds/B1/logs", b"step 1\n", b"step 2\n")
    return peer


@pytest.fixture
def accepts_uploads(peer):
    """A rack that takes any object; its key is the client's own choice."""

    class AnyObject(dict):
        def get(self, request, default=None):
            if request.startswith("POST /apps/app1/objects/tmp/"):
                return [(200, {"Url": "object://app1/tmp/x.tgz"})]
            return super().get(request, default)

        def __missing__(self, request):
            return self.setdefault(request, [])

    peer.answers = AnyObject()


BEGIN = "Packaging source... OK\nUploading source... OK\nStarting build... OK\nstep 1\nstep 2\n"


def test_a_build_uploads_the_folder_and_prints_each_line_of_its_log_once(
    typed, accepts_uploads, buildable
):
    ended = typed("build -d words --build-args A=1 --build-args B=2 --no-cache")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"{BEGIN}Build:   B1\nRelease: R1\n"
    upload, begin, *rest = buildable.requests
    assert re.fullmatch(r"POST /apps/app1/objects/tmp/[0-9a-f]{30}\.tgz", upload)
    assert begin == (
        "POST /apps/app1/builds url=object://app1/tmp/x.tgz"
        " build-args=A=1,B=2 description=words no-cache=true"
    )
    log, look = "SOCKET /apps/app1/builds/B1/logs", "GET /apps/app1/builds/B1"
    assert rest == [log, look, log, look, log]
    assert buildable.heads[0]["Content-Type"] == "application/octet-stream"
    with tarfile.open(fileobj=io.BytesIO(buildable.bodies[0])) as archive:
        assert archive.getnames() == ["convox.yml"]


def test_a_deploy_promotes_what_was_built(typed, accepts_uploads, buildable):
    buildable.answer("GET /apps/app1", APP)
    buildable.answer("POST /apps/app1/releases/R1/promote", "ok")
    ended = typed("deploy")
    assert (ended.status, ended.out) == (0, f"{BEGIN}Promoting R1... OK\n")


def test_only_the_id_goes_to_the_results_when_that_is_asked_for(typed, accepts_uploads, buildable):
    ended = typed("build --id")
    assert (ended.out, ended.err) == ("B1", f"{BEGIN}Build:   B1\nRelease: R1\n")


def test_a_failed_build_is_an_error(typed, accepts_uploads, buildable):
    buildable.answers["GET /apps/app1/builds/B1"] = [(200, {"id": "B1", "status": "failed"})]
    ended = typed("deploy")
    assert (ended.status, ended.out, ended.err) == (1, BEGIN, "ERROR: build failed\n")


def test_a_build_tells_its_commit_when_the_folder_is_as_committed(
    typed, accepts_uploads, buildable, folder
):
    git = ["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first words"], check=True)
    typed("build", PROVIDER="")
    sha = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    begun = buildable.requests[1]
    assert re.search(rf" description=build {sha[:7]} first words git-sha={sha}$", begun)
    (folder / "new").touch()
    typed("build", PROVIDER="")
    assert "git-sha" not in [line for line in buildable.requests if "/builds url" in line][1]


def test_a_folder_that_is_not_there_is_told(typed, peer):
    ended = typed("build nowhere")
    assert ended.status == 1
    assert ended.err.endswith("/nowhere: there is no such folder\n")
    assert peer.requests == []


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


def test_the_log_of_a_build_is_printed_when_there_is_such_a_build(typed, buildable):
    assert typed("builds logs B1").out == "step 1\nstep 2\n"
    assert typed("builds logs B2").status == 1


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


MISSED = "update to 2 undone: 1 is running; soak: web answers 500"


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


def begun(**changes):
    known = {"id": "U1", "version": "2", "target": "2", "reason": ""}
    return {**known, **changes}


def running(state, **changes):
    steps = [{"name": "fetch", "state": "done"}, {"name": "soak", "state": "doing"}]
    return {"id": "U1", "state": state, "target": "2", "cause": "", "steps": steps, **changes}


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


def test_a_command_gets_stdin_and_gives_its_output_and_status(typed, peer):
    def upper(socket):
        socket.send(1, b"ready\xff\n")
        socket.send(1, socket.receive_all().upper())
        socket.send(1, MARKER + b"7\n")
        socket.send(2, b"")

    peer.streams["/apps/app1/processes/pid1/exec"] = upper
    given = bytes(range(32, 127)) * 2000
    ended = typed("exec pid1 tr -- -d x", stdin=given)
    assert (ended.status, ended.out) == (7, "ready\udcff\n" + given.decode().upper())
    sent = peer.heads[0]
    assert (sent["Command"], sent["Tty"]) == ("tr -d x", "false")
    assert not {"Height", "Width", "Entrypoint"} & sent.keys()


def test_what_a_command_prints_comes_out_to_the_byte(typed, peer):
    def echo(socket):
        data = socket.receive_all()
        for at in range(0, len(data), 1000):
            socket.send(1, data[at : at + 1000])
        socket.send(1, b"last" + MARKER + b"-1\n")
        socket.send(2, b"")

    peer.streams["/apps/app1/processes/pid1/exec"] = echo
    given = ("abc\n" * 100_000).encode()
    ended = typed("exec pid1 cat", stdin=given)
    assert (ended.status, ended.out) == (255, given.decode() + "last")


def test_a_command_whose_connection_breaks_is_not_taken_for_done(typed, peer):
    peer.streams["/apps/app1/processes/pid1/exec"] = lambda socket: socket.send(1, b"half")
    ended = typed("exec pid1 cat")
    assert (ended.status, ended.out) == (1, "half")
    assert "the connection broke before the command ended" in ended.err


def test_a_run_starts_a_process_runs_the_command_in_it_and_stops_it(typed, peer):
    peer.answer("POST /apps/app1/services/web/processes", {"id": "pid1"})
    peer.answer(
        "GET /apps/app1/processes/pid1", *({"status": each} for each in ("pending", "running"))
    )
    peer.answer("DELETE /apps/app1/processes/pid1", "ok")
    peer.stream("/apps/app1/processes/pid1/exec", b"hello\n", MARKER + b"3\n")
    ended = typed("run web echo hello -t 60 --release R1")
    assert (ended.status, ended.out) == (3, "hello\n")
    assert peer.requests == [
        "POST /apps/app1/services/web/processes",
        "GET /apps/app1/processes/pid1",
        "GET /apps/app1/processes/pid1",
        "SOCKET /apps/app1/processes/pid1/exec",
        "DELETE /apps/app1/processes/pid1",
    ]
    started, attached = peer.heads[0], peer.heads[3]
    assert (started["Command"], started["Release"]) == ("sleep 60", "R1")
    assert (attached["Command"], attached["Entrypoint"]) == ("echo hello", "true")
