"""Commands that list and show: what they ask, and what they print."""

import json
from datetime import UTC, datetime, timedelta

import pytest

AGO = (datetime.now(UTC) - timedelta(days=2, minutes=5)).isoformat()
BUILD = {
    "id": "build1",
    "status": "complete",
    "release": "release1",
    "started": AGO,
    "ended": (datetime.fromisoformat(AGO) + timedelta(minutes=2)).isoformat(),
    "description": "desc",
}
RELEASE = {
    "id": "release1",
    "build": "build1",
    "created": "2026-01-15T12:00:00.5Z",
    "description": "desc",
    "env": "FOO=bar\nBAZ=quux",
}
PROCESS = {
    "id": "pid1",
    "app": "app1",
    "name": "web",
    "status": "running",
    "release": "release1",
    "started": AGO,
    "command": "node web.js",
    "instance": "i-1",
}
SYSTEM = {
    "name": "name",
    "provider": "provider",
    "region": "region",
    "domain": "domain",
    "status": "running",
    "version": "21000101000000",
    "count": 3,
    "type": "",
    "outputs": {},
    "parameters": {"ParamFoo": "value1", "Autoscale": "Yes", "Password": "pw"},
}
SERVICES = [
    {
        "name": "web",
        "domain": "web.app1",
        "count": 2,
        "cpu": 256,
        "memory": 512,
        "ports": [
            {"balancer": 80, "container": 3000, "certificate": ""},
            {"balancer": 443, "container": 3000, "certificate": ""},
        ],
    },
    {"name": "api", "domain": "", "count": 1, "cpu": 128, "memory": 64, "ports": []},
]
INSTANCE = {
    "id": "i-1",
    "status": "active",
    "started": AGO,
    "processes": 3,
    "cpu": 0.423,
    "memory": 0.5,
    "public-ip": "",
    "private-ip": "127.0.1.1",
}
RESOURCE = {"name": "db", "type": "postgres", "url": "postgres://u:p@h/db"}

CASES = {
    "rack": (
        {"/system": SYSTEM},
        [
            "Name      name",
            "Provider  provider",
            "Region    region",
            "Router    domain",
            "Status    running",
            "Version   21000101000000",
        ],
    ),
    "rack releases": (
        {"/system/releases": [{"id": "20260101000000", "created": AGO}]},
        ["VERSION         UPDATED", "20260101000000  2 days ago"],
    ),
    "rack ps": (
        {"/system/processes": [PROCESS]},
        [
            "ID    APP   SERVICE  STATUS   RELEASE   STARTED     COMMAND",
            "pid1  app1  web      running  release1  2 days ago  node web.js",
        ],
    ),
    "rack params": (
        {"/system": SYSTEM},
        ["Autoscale  Yes", "ParamFoo   value1", "Password   pw"],
    ),
    "rack scale": (
        {"/system": SYSTEM},
        ["Autoscale  Yes", "Count      3", "Status     running", "Type       "],
    ),
    "instances": (
        {"/instances": [INSTANCE]},
        [
            "ID   STATUS  STARTED     PS  CPU     MEM     PUBLIC  PRIVATE",
            "i-1  active  2 days ago  3   42.30%  50.00%          127.0.1.1",
        ],
    ),
    "apps": (
        {"/apps": [{"name": "app1", "status": "running", "release": "release1"}]},
        ["APP   STATUS   RELEASE", "app1  running  release1"],
    ),
    "apps info": (
        {
            "/apps/app1": {
                "name": "app1",
                "status": "running",
                "generation": "2",
                "locked": True,
                "release": "release1",
                "router": "router1",
            }
        },
        [
            "Name        app1",
            "Status      running",
            "Generation  2",
            "Locked      true",
            "Release     release1",
            "Router      router1",
        ],
    ),
    "apps params": ({"/apps/app1": {"parameters": {"B": "2", "A": "1"}}}, ["A  1", "B  2"]),
    "builds": (
        {"/apps/app1/builds": [BUILD, {**BUILD, "status": "running", "ended": None}]},
        [
            "ID      STATUS    RELEASE   STARTED     ELAPSED  DESCRIPTION",
            "build1  complete  release1  2 days ago  2m0s     desc",
            "build1  running   release1  2 days ago           desc",
        ],
    ),
    "builds info build1": (
        {"/apps/app1/builds/build1": BUILD},
        [
            "Id           build1",
            "Status       complete",
            "Release      release1",
            "Description  desc",
            "Started      2 days ago",
            "Elapsed      2m0s",
        ],
    ),
    "releases": (
        {
            "/apps/app1": {"release": "release1"},
            "/apps/app1/releases": [
                {**RELEASE, "id": "release2", "created": AGO},
                {**RELEASE, "created": AGO},
            ],
        },
        [
            "ID        STATUS  BUILD   CREATED     DESCRIPTION",
            "release2          build1  2 days ago  desc",
            "release1  active  build1  2 days ago  desc",
        ],
    ),
    "releases info release1": (
        {"/apps/app1/releases/release1": RELEASE},
        [
            "Id           release1",
            "Build        build1",
            "Created      2026-01-15T12:00:00Z",
            "Description  desc",
            "Env          FOO=bar",
            "             BAZ=quux",
        ],
    ),
    "releases manifest release1": (
        {
            "/apps/app1/releases/release1": RELEASE,
            "/apps/app1/builds/build1": {**BUILD, "manifest": "services:\n  web:\n\n"},
        },
        ["services:", "  web:"],
    ),
    "env": (
        {"/apps/app1/releases": [RELEASE], "/apps/app1/releases/release1": RELEASE},
        ["BAZ=quux", "FOO=bar"],
    ),
    "env get FOO": (
        {"/apps/app1/releases": [RELEASE], "/apps/app1/releases/release1": RELEASE},
        ["bar"],
    ),
    "ps": (
        {"/apps/app1/processes": [PROCESS]},
        [
            "ID    SERVICE  STATUS   RELEASE   STARTED     COMMAND",
            "pid1  web      running  release1  2 days ago  node web.js",
        ],
    ),
    "ps info pid1": (
        {"/apps/app1/processes/pid1": PROCESS},
        [
            "Id        pid1",
            "App       app1",
            "Command   node web.js",
            "Instance  i-1",
            "Release   release1",
            "Service   web",
            "Started   2 days ago",
            "Status    running",
        ],
    ),
    "services": (
        {"/apps/app1/services": SERVICES},
        ["SERVICE  DOMAIN    PORTS", "web      web.app1  80:3000 443:3000", "api                "],
    ),
    "scale": (
        {"/apps/app1/services": SERVICES, "/apps/app1/processes": [PROCESS, PROCESS]},
        [
            "SERVICE  DESIRED  RUNNING  CPU  MEMORY",
            "api      1        0        128  64",
            "web      2        2        256  512",
        ],
    ),
    "resources": (
        {"/apps/app1/resources": [RESOURCE]},
        ["NAME  TYPE      URL", "db    postgres  postgres://u:p@h/db"],
    ),
    "resources info db": (
        {"/apps/app1/resources/db": RESOURCE},
        ["Name  db", "Type  postgres", "URL   postgres://u:p@h/db"],
    ),
    "resources url db": ({"/apps/app1/resources/db": RESOURCE}, ["postgres://u:p@h/db"]),
    "api get /apps": ({"/apps": []}, ["[]"]),
}


@pytest.mark.parametrize("line", CASES)
def test_a_command_shows_what_the_rack_says(typed, peer, line):
    answers, lines = CASES[line]
    for path, value in answers.items():
        peer.answer(f"GET {path}", value)
    ended = typed(line)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == lines
    asked = [request.partition("?")[0] for request in peer.requests]
    assert asked == [f"GET {path}" for path in answers]


@pytest.mark.parametrize(
    "line",
    [
        *(line for line in CASES if len(line.split()) == 1 and line not in ("scale", "env")),
        "rack releases",
        "rack ps",
        "apps info",
        "ps info pid1",
        "builds info build1",
        "resources info db",
    ],
)
def test_json_is_what_the_rack_said(typed, peer, line):
    for path, value in CASES[line][0].items():
        peer.answer(f"GET {path}", value)
    shown = json.loads(typed(f"{line} --json").out)
    assert shown == list(CASES[line][0].values())[-1]


@pytest.mark.parametrize("line", ["env get FOO", "resources url db", "releases manifest release1"])
def test_a_single_value_is_a_text_in_json(typed, peer, line):
    answers, lines = CASES[line]
    for path, value in answers.items():
        peer.answer(f"GET {path}", value)
    assert json.loads(typed(f"{line} --json").out).splitlines() == lines


@pytest.mark.parametrize(
    ("line", "request_made"),
    [
        ("rack ps --all", "GET /system/processes?all=true"),
        ("builds -l 3 -a other", "GET /apps/other/builds?limit=3"),
        ("ps --release R1 -s web", "GET /apps/app1/processes?release=R1&service=web"),
    ],
)
def test_flags_become_the_query(typed, peer, line, request_made):
    peer.answer(request_made.partition("?")[0], [])
    typed(line)
    assert peer.requests == [request_made]


def test_what_is_typed_stays_within_its_segment_of_the_path(typed, peer):
    typed("apps info a?b/../c")
    assert peer.requests == ["GET /apps/a%3Fb%2F..%2Fc"]


def test_the_router_line_has_the_internal_name_when_there_is_one(typed, peer):
    outputs = {"DomainInternal": "inside"}
    peer.answer("GET /system", {**SYSTEM, "region": "", "outputs": outputs})
    assert typed("rack").out.splitlines()[2:4] == [
        "Router    domain (external)",
        "          inside (internal)",
    ]


def test_nulls_and_missing_fields_print_as_blanks(typed, peer):
    peer.answer("GET /apps/app1/processes", [{"id": "p", "started": None}])
    assert typed("ps").out.splitlines()[1].rstrip() == "p"


@pytest.mark.parametrize(
    ("line", "answers", "text"),
    [
        (
            "env get X",
            {"/apps/app1/releases": [RELEASE], "/apps/app1/releases/release1": RELEASE},
            "env not found: X",
        ),
        ("env get X", {"/apps/app1/releases": []}, "env not found: X"),
        (
            "releases manifest release1",
            {"/apps/app1/releases/release1": {**RELEASE, "build": ""}},
            "no build for release: release1",
        ),
        ("scale web", {}, "0 args required"),
        ("scale --count 2", {}, "service name required"),
        ("rack params set X", {}, "Key=Value expected: X"),
        ("builds info", {}, "1 arg required"),
        ("rack --nope", {}, "unknown flag: --nope"),
        (
            "rack update chek",
            {},
            "no such command: rack update chek; did you mean `convox rack update check`?",
        ),
        ("rack updaet", {}, "no such command: rack updaet; did you mean `convox rack update`?"),
        ("xyzzy", {}, "no such command: xyzzy; `convox help` lists them"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_other_stream(typed, peer, line, answers, text):
    for path, value in answers.items():
        peer.answer(f"GET {path}", value)
    ended = typed(line)
    assert (ended.status, ended.out, ended.err) == (1, "", f"ERROR: {text}\n")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("cannot do it: because\nand so on\n", "cannot do it: because\nand so on"),
        ({"error": "told as JSON"}, "told as JSON"),
        ("", "response status 500"),
    ],
)
def test_a_refusal_is_passed_on_in_full(typed, peer, body, text):
    peer.answer("GET /apps", body, status=500)
    ended = typed("apps")
    assert (ended.status, ended.err) == (1, f"ERROR: {text}\n")


def test_who_answers_without_json_is_no_rack(typed, peer):
    peer.answer("GET /apps", "<html>")
    assert typed("apps").err == (
        f"ERROR: what answers at {peer.host} is no rack: no JSON at /apps\n"
    )
