"""``python -m demo``: the main job; ``python -m demo down`` takes it down again."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from convox.host.http import get
from convox.testing.ports import free_port
from demo.report import show_moves, show_phases, show_steps
from demo.screen import Screen
from demo.stage import REPOSITORY, CommandError, Stage, Traffic, basic, overlays

RACK, APP = "dev", "hello"
REQUESTS = 20_000
CALM = 10.0  # seconds of load before the first update and after the last

# Each release is the source tree with these variants laid over it.
RELEASES: Mapping[str, tuple[str, ...]] = {
    "A": (),
    "B": ("b",),
    "C": ("b", "c"),
    "D": ("b", "c", "d"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The app at one moment: its processes, its release, and the visits in its database."""

    processes: list[Mapping[str, Any]]
    release: str
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Free ports of this machine."""

    http: int
    https: int
    api: int


def main() -> int:
    """Play, or clear the stage."""
    stage, screen = Stage.here(), Screen()
    if sys.argv[1:] == ["down"]:
        take_down(stage, screen)
        return 0
    take_down(stage, screen)
    stage.clear()
    try:
        return play(stage, screen)
    except CommandError as error:
        screen.last(f"\nThe demo stopped: {error}")
        screen.last(f"The rack's logs are in {stage.home}/racks/{RACK}/logs; make demo-down clears")
        return 1


def play(stage: Stage, screen: Screen) -> int:
    """Tell the whole story; the exit status says whether it went as it should."""
    versions = publish_four_releases(stage, screen)
    ports = install(stage, screen, versions["A"])
    deploy(stage, screen)
    traffic = send_traffic(stage, ports)
    try:
        calm(traffic, screen, "before")
        before = see(stage, ports)
        updates = [update(stage, screen, traffic, name) for name in ("first", "second")]
        calm(traffic, screen, "after")
        until_enough(traffic, screen)
        after = see(stage, ports)
        report = traffic.stop()
    except BaseException:
        traffic.kill()
        raise
    return conclude(stage, screen, updates, before, after, report, ports)


def publish_four_releases(stage: Stage, screen: Screen) -> Mapping[str, str]:
    """Build A, B, C and D from this source tree and publish them; return their versions."""
    screen.chapter("Four rack releases, built from this source tree")
    keys, now = stage.home / "keys", datetime.now(UTC)
    versions = {
        name: (now - timedelta(hours=len(RELEASES) - number)).strftime("%Y%m%d%H%M%S")
        for number, name in enumerate(RELEASES)
    }
    stage.run("convox-feed", "init", stage.feed, "--keys", keys)
    for name, variants in RELEASES.items():
        with screen.act(f"building {name}, {versions[name]}"):
            out = stage.home / "releases" / name
            words: list[str | Path] = [
                "build",
                REPOSITORY,
                "--version",
                versions[name],
                "--out",
                out,
            ]
            stage.run("convox-feed", *words, *overlays(variants))
            stage.run("convox-feed", "publish", stage.feed, out, "--keys", keys)
    screen.console.print(stage.run("convox-feed", "list", stage.feed), markup=False)
    return versions


def install(stage: Stage, screen: Screen, version: str) -> Ports:
    """Install the rack at A, with three instances."""
    screen.chapter(f"A rack, installed at {version}, with three instances")
    ports = Ports(http=free_port(), https=free_port(), api=free_port())
    settings = [
        f"Feed={stage.serve_feed()}",
        f"FeedRoot={stage.feed / 'metadata' / '1.root.json'}",
        f"Version={version}",
        "InstanceCount=3",
        f"HttpPort={ports.http}",
        f"HttpsPort={ports.https}",
        f"ApiPort={ports.api}",
        "SoakTime=3",
    ]
    with screen.act(f"convox rack install local -n {RACK}"):
        stage.run("convox", "rack", "install", "local", "-n", RACK, *settings)
    screen.console.print(stage.run("convox", "rack", "-r", RACK), markup=False)
    return ports


def deploy(stage: Stage, screen: Screen) -> None:
    """Deploy the example: two web processes, a single one, a worker, and a database."""
    screen.chapter("An app: two web processes, a single one, a worker, a database")
    with screen.act("convox deploy"):
        stage.run("convox", "apps", "create", APP, "-r", RACK)
        source = REPOSITORY / "examples" / "hello"
        stage.run("convox", "deploy", "-r", RACK, "-a", APP, "--wait", cwd=source)
    screen.console.print(stage.run("convox", "ps", "-r", RACK, "-a", APP), markup=False)


def send_traffic(stage: Stage, ports: Ports) -> Traffic:
    """Begin to use the app as many people would."""
    auth = json.loads((stage.home / "config" / "auth").read_text())
    hosts = {name: f"{name}.{APP}.{RACK}.localhost" for name in ("web", "solo")}
    spec = {
        "address": ["127.0.0.1", ports.http],
        "hosts": hosts,
        "api": {
            "address": ["127.0.0.1", ports.api],
            "authorization": basic(next(iter(auth.values()))),
        },
    }
    return Traffic(stage, spec)


def see(stage: Stage, ports: Ports) -> Seen:
    """Look at the app as its owner and as a visitor."""
    host = {"Host": f"web.{APP}.{RACK}.localhost"}
    answer = asyncio.run(get("127.0.0.1", ports.http, "/visits", host))
    return Seen(
        processes=stage.json("ps", "-r", RACK, "-a", APP),
        release=stage.json("apps", "info", APP, "-r", RACK)["release"],
        visits=json.loads(answer.body)["visits"],
    )


def calm(traffic: Traffic, screen: Screen, name: str) -> None:
    """Let the load run with nothing else going on."""
    traffic.phase(name)
    end = time.monotonic() + CALM
    screen.follow(lambda: (f"load {name} | {_totals(traffic)}", time.monotonic() > end))


def update(stage: Stage, screen: Screen, traffic: Traffic, name: str) -> Mapping[str, Any]:
    """Update the rack once, as a person does, and watch."""
    screen.chapter(f"The {name} `convox rack update --rack {RACK}`")
    traffic.phase(f"{name} update")
    screen.console.print(stage.run("convox", "rack", "update", "--rack", RACK), markup=False)
    seen: dict[str, Any] = {}

    def look() -> tuple[str, bool]:
        seen.update(json.loads(stage.run("convox", "api", "get", "/system/update", "-r", RACK)))
        running = [step["name"] for step in seen["steps"] if step["state"] in ("doing", "undoing")]
        over = seen["ended"] is not None
        return f"{' '.join(running) or seen['state']} | {_totals(traffic)}", over

    screen.follow(look)
    if seen["state"] != "done":
        raise CommandError(f"the update ended {seen['state']}: {seen['cause']}")
    screen.console.print(stage.run("convox", "rack", "-r", RACK), markup=False)
    return seen


def until_enough(traffic: Traffic, screen: Screen) -> None:
    """Go on until there were enough requests to say something."""
    screen.follow(lambda: (f"load | {_totals(traffic)}", traffic.totals["sent"] >= REQUESTS))


def conclude(  # noqa: PLR0917 - it is the end, where all comes together
    stage: Stage,
    screen: Screen,
    updates: list[Mapping[str, Any]],
    before: Seen,
    after: Seen,
    report: Mapping[str, Any],
    ports: Ports,
) -> int:
    """Say what happened, and where to go next."""
    screen.chapter("What happened")
    show_steps(screen, updates)
    show_phases(screen, report["phases"])
    show_moves(screen, before.processes, after.processes)
    socket = report["websocket"]
    state = "still open" if socket["open"] else "CLOSED"
    screen.line(
        f"the websocket, opened before the first update, is {state} after"
        f" {socket['seconds']:.0f} s and {socket['messages']} messages"
    )
    screen.line(f"the app counted {before.visits} visits before and {after.visits} at the end")
    screen.line(f"the app's release was {before.release} and is {after.release}")
    for failure in report["failures"]:
        screen.line(f"[red]{failure}[/red]")
    screen.chapter("Where to go next")
    for name, value in stage.environment.items():
        screen.last(f"  export {name}={value}")
    screen.last("  export PATH=$PWD/.venv/bin:$PATH")
    screen.last(f"  convox ps -r {RACK} -a {APP}; convox rack releases; convox logs -a {APP}")
    screen.last(f"  the app: http://web.{APP}.{RACK}.localhost:{ports.http}/")
    screen.last("  make demo-down takes it all down\n")
    screen.last(f"{report['sent']} requests, {report['failed']} failed")
    kept = after.visits >= before.visits and after.release == before.release
    return 0 if report["failed"] == 0 and socket["open"] and kept else 1


def take_down(stage: Stage, screen: Screen) -> None:
    """Remove what an earlier demo left."""
    if (stage.home / "racks" / RACK).exists():
        with screen.act("taking the demo's rack down"):
            stage.run("convox", "rack", "uninstall", "local", RACK, "--force")
    stage.stop_feed()
    if stage.home.exists():
        stage.clear()
        stage.home.rmdir()


def _totals(traffic: Traffic) -> str:
    return f"{traffic.totals['sent']:,} requests, {traffic.totals['failed']} failed"


if __name__ == "__main__":
    sys.exit(main())
