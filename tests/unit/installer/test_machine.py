"""What an installer looks at and leaves on a machine."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from convox.errors import HostError, InvalidInput, NotFound, Refused, Taken
from convox.feed.index import Entry, Index, entry_for
from convox.feed.release import RackRelease, Surface
from convox.host.clock import SystemClock
from convox.host.ids import RandomIds
from convox.installer import boot, layout, places, waiting
from convox.installer.checks import check
from convox.installer.fetching import choose
from convox.installer.settings import Settings, parse
from convox.state import rackfile
from convox.testing.ports import free_port
from convox.update import keeper_program

NOW = SystemClock().now()
OLD, NEW, WITHDRAWN = "20260101000000", "20260102000000", "20260103000000"


def settings(*words: str) -> Settings:
    ports = [f"{key}={free_port()}" for key in ("HttpPort", "HttpsPort", "ApiPort")]
    return parse("dev", ["Feed=http://feed.test", *ports, *words], uid=1000)


def test_home_is_closed_but_for_what_apps_must_pass(tmp_path: Path):
    home = tmp_path / "new" / "dev"
    facts = layout.lay_out(home, settings("Domain=apps.test"), RandomIds())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert stat.S_IMODE(home.stat().st_mode) == 0o711
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o755
    assert modes["rack.json"] == 0o600
    assert modes["state"] == modes["feed"] == modes["keeper"] == 0o700
    assert modes["slugs"] == modes["run"] == modes["instances"] == 0o711
    assert rackfile.load(home) == facts
    assert (facts.name, facts.domain, len(facts.password)) == ("dev", "apps.test", 30)


def test_port_is_refused_and_its_holder_named_when_it_is_in_use(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        name = Path("/proc/self/comm").read_text().strip()
        with pytest.raises(HostError) as refused:
            check(settings(f"ApiPort={port}"), tmp_path / "dev")
    holder = f"port {port} is used by {name}, process {os.getpid()}"
    assert f"{holder}; choose another with ApiPort=PORT" in str(refused.value)


def test_address_is_refused_when_the_machine_has_it_not(tmp_path: Path):
    with pytest.raises(HostError, match=r"192\.0\.2\.1 is no address of this machine"):
        check(settings("Listen=192.0.2.1"), tmp_path / "dev")


def test_name_is_refused_when_it_is_taken(tmp_path: Path):
    with pytest.raises(Taken, match=f"cannot install rack dev: there is one at {tmp_path}"):
        check(settings(), tmp_path)


def test_home_is_refused_when_apps_cannot_pass_it(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(HostError) as refused:
        check(parse("dev", ["Feed=x", "AppUser=nobody"], uid=0), closed / "racks" / "dev")
    assert f"apps run as nobody, who cannot pass {closed}; chmod o+x it" in str(refused.value)


def test_apps_may_not_run_as_root(tmp_path: Path):
    with pytest.raises(HostError, match="nothing of an app runs as root"):
        check(parse("dev", ["Feed=x", "AppUser=root"], uid=0), tmp_path / "dev")


@pytest.mark.parametrize("name", ["", "Dev", "1dev", "../dev", "a" * 31, "dev-"])
def test_name_is_refused_when_it_could_not_be_part_of_a_host_name(name: str):
    with pytest.raises(InvalidInput, match="cannot call a rack"):
        places.home_of(name)


def test_home_is_refused_when_sockets_below_it_would_have_too_long_a_name(monkeypatch):
    monkeypatch.setenv("CONVOX_RACKS", f"/tmp/{'a' * 60}")
    with pytest.raises(InvalidInput, match="set CONVOX_RACKS to a shorter one"):
        places.home_of("dev")


def test_rack_that_is_not_there_is_not_found(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("CONVOX_RACKS", "/tmp/none-here")
    with pytest.raises(NotFound, match=r"cannot find rack dev.* install one with"):
        places.present("dev")


def test_racks_that_are_there_are_named_when_another_is_asked_for(monkeypatch):
    with tempfile.TemporaryDirectory(prefix="racks-", dir="/tmp") as racks:
        monkeypatch.setenv("CONVOX_RACKS", racks)
        for name in ("two", "one"):
            layout.lay_out(Path(racks) / name, settings(), RandomIds())
        with pytest.raises(NotFound, match=r"cannot find rack dev.* this machine has one, two$"):
            places.present("dev")


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("Trace\nrackd: no port\n\nStarted\nFinished\n", "rackd: no port"),
        ("rackd: no port\nrackd: no disk\n", "rackd: no disk"),
        ("Started\nKeyError: 'x'\n", "KeyError: 'x'"),
        ("", ""),
    ],
)
def test_the_cause_of_an_end_is_found_though_the_next_one_starts(log, why):
    assert waiting.cause(log) == why


@pytest.mark.parametrize(
    ("counted", "is_over"),
    [
        ([0, 3], False),
        ([0, 4], True),
        ([5, 5], False),
        ([5, 6], False),
        ([5, 7], True),
        ([5, 0], False),
        ([4], False),  # the keeper that begins remembers what the one before had counted
        ([], False),
    ],
)
def test_only_the_ends_since_the_start_count(counted, is_over):
    assert waiting.is_given_up(counted) is is_over


def entry(version: str) -> Entry:
    one = frozenset({1})
    release = RackRelease(
        version=version,
        notes="",
        surfaces={"state": Surface(reads=one, writes=one)},
        images={},
        artifacts=(),
    )
    return entry_for(release, now=NOW)


INDEX = Index(
    entries=(
        entry(OLD),
        entry(NEW),
        replace(entry(WITHDRAWN), withdrawn="it forgets apps"),
        replace(entry("20260104000000"), published=False),
    )
)


def test_newest_release_is_chosen_when_none_is_named():
    assert choose(INDEX, None) == NEW
    assert choose(INDEX, OLD) == OLD


def test_newest_release_is_that_of_the_channel_that_the_rack_is_to_follow():
    edge = replace(entry("20260105000000"), channels={"edge": NOW})
    assert choose(INDEX.put(edge), None, "edge") == edge.version
    assert choose(INDEX.put(edge), None) == NEW


@pytest.mark.parametrize(
    ("index", "wanted", "error", "why"),
    [
        (INDEX, WITHDRAWN, Refused, f"it was withdrawn: it forgets apps; use {NEW}"),
        (INDEX, "20260104000000", NotFound, "the feed does not offer it"),
        (INDEX, "20260105000000", NotFound, f"the feed does not offer it; the newest is {NEW}"),
        (Index(), None, NotFound, "the feed has no release yet"),
    ],
)
def test_a_release_is_refused_when_the_feed_does_not_offer_it(index, wanted, error, why):
    with pytest.raises(error, match=why):
        choose(index, wanted)


def test_unit_keeps_what_the_keeper_started_and_takes_nothing_for_a_specifier():
    text = boot.unit("dev", Path("/racks/50%"))
    assert "KillMode=process\nRestart=on-failure\n" in text
    assert '\nExecStart=/bin/sh "/racks/50%%/keeper/boot"\n' in text


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_unit_is_one_that_systemd_understands(tmp_path: Path):
    file = tmp_path / "convox-rack-dev.service"
    file.write_text(boot.unit("dev", tmp_path / 'odd "name"%'))
    done = subprocess.run(
        ["systemd-analyze", "verify", file], capture_output=True, text=True, check=False
    )
    assert str(file) not in done.stderr, done.stderr


def test_line_for_a_crontab_names_one_file_and_says_nothing_of_the_environment():
    assert boot.reboot_line(Path("/racks/dev")) == "@reboot /bin/sh /racks/dev/keeper/boot"
    assert boot.reboot_line(Path("/my racks/50%")) == (
        "@reboot /bin/sh '/my racks/50\\%/keeper/boot'"
    )


def test_keeper_starts_with_what_it_was_installed_with_when_nothing_else_is_known(tmp_path: Path):
    home = tmp_path / "my rack"
    (home / "keeper").mkdir(parents=True)
    program = "import os, sys; print(os.environ['UV_INDEX_URL'], sys.argv[1:])"
    (home / "keeper" / "current").write_text(program)
    index = 'https://me:it\'s "a" $secret@index.test/50%'
    (home / "keeper" / "boot").write_text(boot.script(home, {"UV_INDEX_URL": index}))
    command = ["/bin/sh", home / "keeper" / "boot"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)
    assert done.stdout == f"{index} ['--home', '{home}']\n"


def test_a_rack_takes_nothing_of_the_virtual_environment_that_it_is_installed_from(monkeypatch):
    monkeypatch.setenv("PATH", f"/usr/bin:{Path(sys.prefix) / 'bin'}:/opt/bin")
    monkeypatch.setenv("UV_INDEX_URL", "http://index.test")
    monkeypatch.setenv("EDITOR", "vi")
    taken = keeper_program.environment()
    assert (taken["PATH"], taken["UV_INDEX_URL"]) == ("/usr/bin:/opt/bin", "http://index.test")
    assert "EDITOR" not in taken
