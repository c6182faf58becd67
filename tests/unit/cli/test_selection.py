"""Which rack a command is for, what is remembered, and whom we trust."""

import json
import os
import pwd
import socket

import pytest

from convox import __version__

PASSWORD = "secret"
SYSTEM = {"name": "dev", "status": "running", "version": "20260101000000"}


@pytest.fixture
def settings(tmp_path):
    """Write and read settings as the Convox client keeps them."""
    directory = tmp_path / "home" / ".config" / "convox2"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def racks(serve, authority, settings):
    """Two racks with certificates of their own, installed from here; return their peers."""
    peers = {}
    for name in ("dev", "prod"):
        signer = authority(name)
        peers[name] = serve(signer.issue(f"{name} 1"))
        peers[name].answer("GET /system", {**SYSTEM, "name": name})
        pin = settings / "certificates" / f"{peers[name].host}.pem"
        pin.parent.mkdir(exist_ok=True)
        pin.write_text(signer.certificate)
    hosts = {name: peer.host for name, peer in peers.items()}
    (settings / "self-managed").write_text(json.dumps(hosts))
    (settings / "auth").write_text(json.dumps(dict.fromkeys(hosts.values(), PASSWORD)))
    return peers


def asked(racks):
    return {name: len(peer.requests) for name, peer in racks.items()}


@pytest.mark.parametrize(
    ("line", "variables", "chosen"),
    [
        ("rack -r dev", {}, "dev"),
        ("rack --rack=prod", {}, "prod"),
        ("rack", {"CONVOX_RACK": "prod"}, "prod"),
        ("rack -r dev", {"CONVOX_RACK": "prod"}, "dev"),
    ],
)
def test_a_name_selects_the_host(convox, racks, line, variables, chosen):
    ended = convox(*line.split(), **variables)
    assert (ended.status, ended.out.splitlines()[0]) == (0, f"Name      {chosen}")
    assert asked(racks) == {name: int(name == chosen) for name in racks}
    assert racks[chosen].heads[0]["Rack"] == chosen


def test_the_project_selects_its_rack_and_app(convox, racks, folder):
    (folder / ".convox2").mkdir()
    (folder / ".convox2" / "rack").write_text("prod\n")
    (folder / ".convox2" / "app").write_text("other\n")
    racks["prod"].answer("GET /apps/other/processes", [])
    assert convox("ps").status == 0
    assert racks["prod"].requests == ["GET /apps/other/processes"]


def test_a_switch_lasts_and_takes_a_part_of_a_name(convox, racks, settings):
    assert convox("switch", "pro").out == "Switched to prod\n"
    assert convox("switch").out == "prod\n"
    assert convox("rack").out.splitlines()[0] == "Name      prod"
    assert (settings / "host").read_text() == racks["prod"].host
    assert json.loads((settings / "racks").read_text()) == {racks["prod"].host: "prod"}
    assert convox("switch", "dev").out == "Switched to dev\n"
    assert convox("rack").out.splitlines()[0] == "Name      dev"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("rack", "several racks are known: dev, prod; name one with --rack, or choose one with"),
        ("rack -r nope", "no such rack: nope; known are dev, prod"),
        ("switch nope", "rack not found: nope; known are dev, prod"),
        ("switch d", "ambiguous rack name: d matches dev, prod"),
    ],
)
def test_a_choice_that_is_not_clear_is_not_guessed(convox, racks, line, text):
    ended = convox(*line.split())
    assert ended.status == 1
    assert text in ended.err
    assert asked(racks) == {"dev": 0, "prod": 0}


def test_the_only_rack_needs_no_naming(convox, racks, settings):
    (settings / "self-managed").write_text(json.dumps({"dev": racks["dev"].host}))
    (settings / "auth").write_text(json.dumps({racks["dev"].host: PASSWORD}))
    assert convox("rack").out.splitlines()[0] == "Name      dev"


def test_racks_lists_all_and_says_unknown_of_one_that_is_down(convox, racks, settings):
    hosts = json.loads((settings / "self-managed").read_text())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hosts["gone"] = f"127.0.0.1:{closed.getsockname()[1]}"
        (settings / "self-managed").write_text(json.dumps(hosts))
        ended = convox("racks")
    assert ended.out.splitlines() == [
        "NAME  STATUS   VERSION         NEWEST  STATE  NEXT",
        "dev   running  20260101000000  -       -      -",
        "gone  unknown  -               -       -      -",
        "prod  running  20260101000000  -       -      -",
    ]


def test_racks_say_what_is_offered_and_what_they_do_next(convox, racks):
    line = "waits until 2026-01-02 00:00Z: it is offered for less than 24h"
    action = {"reason": "cool-down", "line": line}
    seen = {"seen": "2026-01-01T00:00:00Z"}
    check = {"available": "20260102000000", "alarm": "", "next": action, "feed": seen}
    for name in racks:
        racks[name].answer("GET /system", {**SYSTEM, "name": name, "next": line})
    racks["dev"].answer("GET /system/update/check", check)
    alarm = "20260101000000, which runs, was withdrawn: it loses data; leave it"
    racks["prod"].answer("GET /system/update/check", {**check, "alarm": alarm})
    racks["dev"].answers["GET /system"].pop(0)
    racks["prod"].answers["GET /system"].pop(0)
    assert convox("racks").out.splitlines()[1:] == [
        f"dev   running  20260101000000  20260102000000  cool-down  {line}",
        f"prod  running  20260101000000  20260102000000  withdrawn  {alarm}",
    ]
    assert json.loads(convox("racks", "--json").out)[0] == {
        "name": "dev",
        "status": "running",
        "version": "20260101000000",
        "newest": "20260102000000",
        "state": "cool-down",
        "next": line,
    }


def test_a_rack_that_answers_nothing_holds_no_list_up(convox, racks, settings, monkeypatch):
    monkeypatch.setattr("convox.cli.many._PATIENCE", 0.1)
    hosts = json.loads((settings / "self-managed").read_text())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts["silent"] = f"127.0.0.1:{silent.getsockname()[1]}"
        (settings / "self-managed").write_text(json.dumps(hosts))
        lines = convox("racks").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["dev", "running"],
        ["prod", "running"],
        ["silent", "unknown"],
    ]


def test_there_is_a_next_step_when_no_rack_is_known(convox):
    ended = convox("rack")
    assert ended.err == (
        "ERROR: no racks found, try `convox login` or `convox rack install local`\n"
    )


def test_a_rack_url_is_an_answer_by_itself(convox, racks, peer):
    peer.answer("GET /system", SYSTEM)
    assert convox("rack", RACK_URL=peer.url + "/").status == 0
    assert (peer.requests, asked(racks)) == (["GET /system"], {"dev": 0, "prod": 0})
    assert "Rack" not in peer.heads[0]
    convox("rack", "-r", "acme/x", RACK_URL=peer.url)
    assert peer.heads[1]["Rack"] == "acme/x"


def test_a_malformed_rack_url_is_told_without_its_password(convox):
    ended = convox("rack", RACK_URL="ftp://u:hidden@h")
    assert ended.err == "ERROR: cannot use RACK_URL: not an http or https address: ftp://...\n"


def test_a_rack_of_this_machine_that_is_down_is_said_to_be_startable(convox, settings, tmp_path):
    (tmp_path / "racks" / "far").mkdir(parents=True)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        (settings / "self-managed").write_text(json.dumps({"far": host}))
        local = convox("rack", CONVOX_RACKS=str(tmp_path / "racks"))
        remote = convox("rack")
    assert (local.status, local.err) == (
        1,
        f"ERROR: rack far does not answer at {host}: start it with `convox rack start far`\n",
    )
    assert remote.err.startswith(f"ERROR: rack far does not answer at {host}: ")
    assert "Connection refused" in remote.err


def test_a_wrong_password_leads_to_login(convox, racks, settings):
    host = racks["dev"].host
    (settings / "auth").write_text(json.dumps({host: "wrong"}))
    ended = convox("rack", "-r", "dev")
    assert ended.err == (f"ERROR: invalid authentication: log in with `convox login {host}`\n")


def test_a_login_pins_the_authority_and_remembers_the_rack(convox, serve, authority, tmp_path):
    signer = authority("new")
    peer = serve(signer.issue("1"))
    peer.answer("GET /check", "ok")
    peer.answer("GET /auth", "ok\n")
    peer.answer("GET /system", SYSTEM)
    config = tmp_path / "config"
    ended = convox("login", peer.host, "-p", PASSWORD, CONVOX_CONFIG=str(config))
    assert (ended.status, ended.out) == (0, f"Authenticating with {peer.host}... OK\n")
    assert f"{peer.host} is trusted by its certificate, SHA-256 " in ended.err
    assert json.loads((config / "auth").read_text()) == {peer.host: PASSWORD}
    assert json.loads((config / "self-managed").read_text()) == {"dev": peer.host}
    assert (config / "host").read_text() == peer.host
    assert (config / "certificates" / f"{peer.host}.pem").read_text() == signer.certificate
    assert (config / "auth").stat().st_mode & 0o777 == 0o600
    assert config.stat().st_mode & 0o777 == 0o700
    line = f"{PASSWORD}\n".encode()
    again = convox("login", peer.host, "-p", "-", CONVOX_CONFIG=str(config), stdin=line)
    assert (again.status, again.err) == (0, "")
    assert convox("rack", CONVOX_CONFIG=str(config)).status == 0


def test_a_login_with_a_wrong_password_remembers_no_password(convox, serve, authority, settings):
    peer = serve(authority("new").issue("1"))
    ended = convox("login", peer.host, "-p", "wrong")
    assert (ended.status, ended.err) == (1, "ERROR: invalid login\n")
    assert not (settings / "auth").exists()
    assert not (settings / "certificates").exists()


def test_a_login_where_no_tls_is_spoken_says_so(convox, serve):
    ended = convox("login", serve().host, "-p", "x")
    assert "what listens there speaks no TLS: WRONG_VERSION_NUMBER" in ended.err


def test_a_changed_certificate_is_refused_before_the_password_is_sent(
    convox, racks, settings, authority
):
    host = racks["dev"].host
    pin = settings / "certificates" / f"{host}.pem"
    pin.write_text(authority("other").certificate)
    for words in (("rack", "-r", "dev"), ("login", host, "-p", PASSWORD)):
        ended = convox(*words)
        assert ended.status == 1
        assert f"cannot trust {host}: it shows another certificate than before" in ended.err
        assert str(pin) in ended.err
    assert racks["dev"].requests == []


def test_a_certificate_nobody_vouches_for_is_refused_until_it_is_pinned(convox, serve, authority):
    peer = serve(authority("new").issue("1"))
    ended = convox("rack", RACK_URL=f"https://convox:{PASSWORD}@{peer.host}")
    assert f"pin its certificate with `convox login {peer.host}`" in ended.err
    assert peer.requests == []


def test_the_leaf_alone_is_pinned_when_the_rack_shows_no_authority(
    convox, serve, authority, settings
):
    files = authority("new").issue("1")
    leaf = files[0].read_text().partition("-----END CERTIFICATE-----\n")
    files[0].write_text(leaf[0] + leaf[1])
    peer = serve(files)
    peer.answer("GET /auth", "ok\n")
    assert convox("login", peer.host, "-p", PASSWORD).status == 0
    pin = settings / "certificates" / f"{peer.host}.pem"
    assert pin.read_text() == files[0].read_text()
    peer.answer("GET /system", SYSTEM)
    assert convox("rack").status == 0


def test_a_renewed_certificate_of_the_pinned_authority_is_trusted(
    convox, serve, authority, settings
):
    signer = authority("new")
    for serial in ("1", "2"):
        peer = serve(signer.issue(serial))
        peer.answer("GET /system", SYSTEM)
        pin = settings / "certificates" / f"{peer.host}.pem"
        pin.parent.mkdir(exist_ok=True)
        pin.write_text(signer.certificate)
        assert convox("rack", RACK_URL=f"https://convox:{PASSWORD}@{peer.host}").status == 0


def test_streams_run_over_tls(convox, racks):
    racks["dev"].stream("/apps/app1/logs", b"x" * 60000, b"y\n")
    ended = convox("logs", "-r", "dev")
    assert ended.out == "x" * 60000 + "y\n"


def test_versions_of_client_and_rack(convox, racks):
    ended = convox("version", "-r", "dev")
    assert ended.out.splitlines()[1] == f"server: 20260101000000 ({racks['dev'].host})"
    assert ended.out.startswith("client: ")


def test_the_clients_version_is_told_though_no_rack_answers(convox):
    ended = convox("version", RACK_URL="http://127.0.0.1:1")
    assert (ended.status, ended.out) == (1, f"client: {__version__}\n")


def test_there_is_no_server_version_without_a_rack(convox):
    assert convox("version").out.endswith("\nserver: none\n")


def test_a_rack_is_told_who_types_and_where(typed, peer):
    peer.answer("GET /apps", [])
    typed("apps")
    person = pwd.getpwuid(os.getuid()).pw_name
    assert peer.heads[0]["Who"] == f"{person}@{os.uname().nodename}"
