"""Commands that change something: what they ask, in order, and what they print."""

import pytest

APP = {"name": "app1", "status": "running", "release": "release1"}
OLD = {"id": "release1", "build": "build1", "env": "A=1\nB=2", "description": "d"}
RUNNING = {"GET /apps/app1": APP}
NEWEST = {"GET /apps/app1/releases": [OLD], "GET /apps/app1/releases/release1": OLD}
CREATED = {"POST /apps/app1/releases": {"id": "release2"}}
READS = ["GET /apps/app1/releases?limit=1", "GET /apps/app1/releases/release1"]
PROMOTES = ["GET /apps/app1", "POST /apps/app1/releases/release2/promote"]

CASES = [
    ("apps create", {"POST /apps": APP}, ["POST /apps name=app1"], "Creating app1... OK\n"),
    ("apps create x", {"POST /apps": APP}, ["POST /apps name=x"], "Creating x... OK\n"),
    ("apps delete x", {"DELETE /apps/x": "ok"}, ["DELETE /apps/x"], "Deleting x... OK\n"),
    ("apps lock", {"PUT /apps/app1": ""}, ["PUT /apps/app1 lock=true"], "Locking app1... OK\n"),
    (
        "apps unlock",
        {"PUT /apps/app1": ""},
        ["PUT /apps/app1 lock=false"],
        "Unlocking app1... OK\n",
    ),
    (
        "apps params set A=b&c",
        {"PUT /apps/app1": ""},
        ["PUT /apps/app1 parameters=A=b%26c"],
        "Updating parameters... OK\n",
    ),
    (
        "apps cancel",
        {**RUNNING, **NEWEST, **CREATED, "POST /apps/app1/cancel": "ok"},
        [
            "POST /apps/app1/cancel",
            "GET /apps/app1",
            "GET /apps/app1/releases/release1",
            "POST /apps/app1/releases build=build1 description=d env=A=1\nB=2",
        ],
        "Cancelling deployment of app1...\nRewriting last active release... OK\n",
    ),
    (
        "instances cordon i-1",
        {"POST /instances/i-1/cordon": "ok"},
        ["POST /instances/i-1/cordon"],
        "Cordoning instance... OK\n",
    ),
    (
        "instances uncordon i-1",
        {"DELETE /instances/i-1/cordon": "ok"},
        ["DELETE /instances/i-1/cordon"],
        "Uncordoning instance... OK\n",
    ),
    (
        "instances terminate i-1",
        {"DELETE /instances/i-1": "ok"},
        ["DELETE /instances/i-1"],
        "Terminating instance... OK\n",
    ),
    (
        "ps stop pid1",
        {"DELETE /apps/app1/processes/pid1": "ok"},
        ["DELETE /apps/app1/processes/pid1"],
        "Stopping pid1... OK\n",
    ),
    (
        "rack params set Foo=bar Baz=qux",
        {"PUT /system": "ok"},
        ["PUT /system parameters=Foo=bar&Baz=qux"],
        "Updating parameters... OK\n",
    ),
    ("rack scale -c 5", {"PUT /system": "ok"}, ["PUT /system count=5"], "Scaling rack... OK\n"),
    (
        "scale web --count 3 --memory 256",
        {"PUT /apps/app1/services/web": "ok"},
        ["PUT /apps/app1/services/web count=3 memory=256"],
        "Scaling web... OK\n",
    ),
    (
        "scale web --count 0",
        {"PUT /apps/app1/services/web": "ok"},
        ["PUT /apps/app1/services/web count=0"],
        "Scaling web... OK\n",
    ),
    (
        "restart",
        {
            "GET /apps/app1/services": [{"name": "web"}, {"name": "api"}],
            "POST /apps/app1/services/web/restart": "ok",
            "POST /apps/app1/services/api/restart": "ok",
        },
        [
            "GET /apps/app1/services",
            "POST /apps/app1/services/api/restart",
            "POST /apps/app1/services/web/restart",
        ],
        "Restarting api... OK\nRestarting web... OK\n",
    ),
    (
        "services restart web",
        {"POST /apps/app1/services/web/restart": "ok"},
        ["POST /apps/app1/services/web/restart"],
        "Restarting web... OK\n",
    ),
    (
        "releases promote release2",
        {**RUNNING, "POST /apps/app1/releases/release2/promote": "ok"},
        PROMOTES,
        "Promoting release2... OK\n",
    ),
    (
        "releases promote",
        {**RUNNING, **NEWEST, "POST /apps/app1/releases/release1/promote": "ok"},
        [
            "GET /apps/app1/releases?limit=1",
            "GET /apps/app1",
            "POST /apps/app1/releases/release1/promote",
        ],
        "Promoting release1... OK\n",
    ),
    (
        "releases rollback release1",
        {**RUNNING, **NEWEST, **CREATED, "POST /apps/app1/releases/release2/promote": "ok"},
        [
            "GET /apps/app1/releases/release1",
            "POST /apps/app1/releases build=build1 env=A=1\nB=2",
            *PROMOTES,
        ],
        "Rolling back to release1... OK, release2\nPromoting release2... OK\n",
    ),
    (
        "env set C=3 A=x=y",
        {**NEWEST, **CREATED},
        [*READS, "POST /apps/app1/releases env=A=x=y\nB=2\nC=3"],
        "Setting A, C... OK\nRelease: release2\n",
    ),
    (
        "env set C=3 --replace",
        {**NEWEST, **CREATED},
        ["POST /apps/app1/releases env=C=3"],
        "Setting C... OK\nRelease: release2\n",
    ),
    (
        "env set C=3 --promote",
        {**RUNNING, **NEWEST, **CREATED, "POST /apps/app1/releases/release2/promote": "ok"},
        [*READS, "POST /apps/app1/releases env=A=1\nB=2\nC=3", *PROMOTES],
        "Setting C... OK\nRelease: release2\nPromoting release2... OK\n",
    ),
    (
        "env unset A B",
        {**NEWEST, **CREATED},
        [*READS, "POST /apps/app1/releases env="],
        "Unsetting A, B... OK\nRelease: release2\n",
    ),
    (
        "run web -d rake db:migrate",
        {"POST /apps/app1/services/web/processes": {"id": "pid1"}},
        ["POST /apps/app1/services/web/processes"],
        "Running detached process... OK, pid1\n",
    ),
]


def give(peer, answers):
    for request, value in answers.items():
        peer.answer(request, value)


@pytest.mark.parametrize(("line", "answers", "requests", "out"), CASES, ids=str)
def test_a_command_asks_the_rack_and_says_so(typed, peer, line, answers, requests, out):  # noqa: PLR0917 - a table
    give(peer, answers)
    ended = typed(line)
    assert (ended.status, ended.out, ended.err) == (0, out, "")
    assert peer.requests == requests


@pytest.mark.parametrize(
    ("line", "started"),
    [
        ("apps create", "Creating app1... "),
        ("rack params set A=b", "Updating parameters... "),
        ("scale web --count 1", "Scaling web... "),
        ("rack update 20260101000000", "Updating to 20260101000000... "),
    ],
)
def test_the_line_that_was_begun_stays_when_the_rack_refuses(typed, peer, line, started):
    for request in ("POST /apps", "PUT /system", "PUT /apps/app1/services/web"):
        peer.answer(request, "cannot do it: no\n", status=403)
    peer.answer("POST /system/update", "cannot do it: no\n", status=403)
    ended = typed(line)
    assert (ended.status, ended.out, ended.err) == (1, started, "ERROR: cannot do it: no\n")


def test_a_rollback_leaves_nothing_but_the_id_when_that_is_asked_for(typed, peer):
    promoted = {"POST /apps/app1/releases/release2/promote": "ok"}
    give(peer, {**RUNNING, **NEWEST, **CREATED, **promoted})
    ended = typed("releases rollback release1 --id")
    assert ended.out == "release2"
    assert ended.err == "Rolling back to release1... OK, release2\nPromoting release2... OK\n"


def test_variables_come_from_stdin_when_none_are_typed(typed, peer):
    give(peer, {**NEWEST, **CREATED})
    ended = typed("env set", stdin=b"# words\nX=1\n\nY=2\n")
    assert ended.out == "Setting X, Y... OK\nRelease: release2\n"
    assert peer.requests[-1] == "POST /apps/app1/releases env=A=1\nB=2\nX=1\nY=2"


def test_stdin_is_left_alone_when_variables_are_typed(typed, peer):
    give(peer, {**NEWEST, **CREATED})
    assert typed("env set X=1", stdin=b"Y=2\n").out.startswith("Setting X...")


def test_the_editor_gets_the_variables_and_gives_them_back(typed, peer, tmp_path):
    give(peer, {**NEWEST, **CREATED})
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ncp "$1" "$1.seen"; grep -q A=1 "$1" && echo C=3 > "$1"\n')
    editor.chmod(0o755)
    ended = typed("env edit", EDITOR=str(editor))
    assert ended.out == "Setting C... OK\nRelease: release2\n"
    assert peer.requests[-1] == "POST /apps/app1/releases env=C=3"


def test_nothing_is_changed_when_the_editor_fails(typed, peer):
    give(peer, {**NEWEST, **CREATED})
    ended = typed("env edit", EDITOR="false")
    assert ended.err == 'ERROR: cannot edit: "false" ended with status 1\n'
    assert peer.requests == READS


def test_a_command_of_two_lines_cannot_slip_in_another_header(typed, peer):
    ended = typed("run -d web", "ls\r\nRelease: R9")
    assert ended.err == "ERROR: command must be one line\n"
    assert peer.requests == []


def test_a_scale_to_no_instance_is_refused_before_the_rack_is_asked(typed, peer):
    assert typed("rack scale -c 0").status == 1
    assert peer.requests == []
