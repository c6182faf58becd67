"""A rack as its user has it: commands that were typed, requests that were sent, and its logs."""

import json
import os
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from demo.stage import CommandError, Stage, Traffic, basic

from convox.testing.ports import free_port

APP = "app"
SOURCE = Path(__file__).parent / "app"
PATIENCE = 180.0  # seconds for anything to happen, on a machine that has much else to do


def until(look: Callable[[], Any]) -> Any:
    """Look until there is something to see, and return it."""
    end = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < end, f"{look} saw nothing"
        time.sleep(0.05)
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """A rack of this machine; what is typed is typed on ``stage``."""

    stage: Stage
    name: str
    ports: dict[str, int]

    @classmethod
    def installed(
        cls, stage: Stage, name: str, *, feed: str, version: str, instances: int = 3
    ) -> "Rack":
        """Install a rack with three instances, or as many as are wanted."""
        ports = {key: free_port() for key in ("HttpPort", "HttpsPort", "ApiPort")}
        rack = cls(stage=stage, name=name, ports=ports)
        rack.install(f"Feed={feed}", f"Version={version}", f"InstanceCount={instances}")
        return rack

    def install(self, *settings: str) -> str:
        """Type the command that installs this rack."""
        root = self.stage.home / "feed" / "metadata" / "1.root.json"
        own = [f"{key}={port}" for key, port in self.ports.items()]
        words = [f"FeedRoot={root}", "SoakTime=1", "AutoUpdate=off", *own, *settings]
        return self.stage.run("convox", "rack", "install", "local", "-n", self.name, *words)

    @property
    def home(self) -> Path:
        """Where it lives."""
        return self.stage.home / "racks" / self.name

    def type(self, *words: str, cwd: Path = SOURCE) -> str:
        """Type a command for this rack; ``CommandError`` where it fails."""
        return self.stage.run("convox", *words, "-r", self.name, cwd=cwd)

    def refuses(self, *words: str, cwd: Path = SOURCE) -> str:
        """Type a command that has to fail; return what it says."""
        with pytest.raises(CommandError) as refusal:
            self.type(*words, cwd=cwd)
        _, _, said = str(refusal.value).partition("\n")
        assert "Traceback" not in said
        return said

    def json(self, *words: str) -> Any:
        """Return what a command lists."""
        return json.loads(self.type(*words, "--json"))

    def deploy(self) -> None:
        """Create the app and deploy it."""
        self.type("apps", "create", APP)
        self.type("deploy", "-a", APP, "--wait")

    @property
    def version(self) -> str:
        """The version it says it has."""
        return str(self.json("rack")["version"])

    def strike(self, point: str, action: str) -> Path:
        """Have something happen at a failpoint; return the file that is there from then on."""
        (self.home / "run" / "failpoint").write_text(f"{point} {action}")
        return self.home / "run" / "failpoint.reached"

    def slots(self) -> set[str]:
        """Return the versions whose software it has."""
        return {path.name for path in (self.home / "slots").iterdir() if path.name[0] != "."}

    def update(self, *words: str) -> str:
        """Begin an update; return what was printed."""
        return self.type("rack", "update", *words)

    def ended(self) -> dict[str, Any]:
        """Return the latest update once it has ended."""

        def look() -> Any:
            update = self.ask("/system/update")
            return update if update and update["ended"] else None

        return dict(until(look))

    def ask(self, path: str) -> Any:
        """Ask the API, without a command's cost; ``None`` while nobody answers."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        port, login = self.ports["ApiPort"], {"Authorization": basic(self.password)}
        connection = HTTPSConnection("127.0.0.1", port, timeout=30, context=trusting)
        try:
            with closing(connection):
                connection.request("GET", path, headers=login)
                answer = connection.getresponse()
                return json.loads(answer.read()) if answer.status == 200 else None
        except (OSError, HTTPException):
            return None

    @property
    def password(self) -> str:
        """What its API is asked with."""
        auth = json.loads((self.stage.home / "config" / "auth").read_text())
        return str(auth[f"127.0.0.1:{self.ports['ApiPort']}"])

    def processes(self) -> dict[str, str]:
        """Return the instance of each of the app's processes."""
        return {each["id"]: each["instance"] for each in self.json("ps", "-a", APP)}

    def release(self) -> str:
        """Return the app's release."""
        return str(self.json("apps", "info", APP)["release"])

    def story(self) -> str:
        """Return everything that the rack has said of itself."""
        return (self.home / "logs" / "rack.log").read_text()

    def until_said(self, text: str) -> None:
        """Wait until the rack says this once more."""
        before = self.story().count(text)
        until(lambda: self.story().count(text) > before)

    def control_planes(self) -> dict[str, int]:
        """Return the process of each rackd by its version, as the keeper has them."""
        record = json.loads((self.home / "keeper" / "slots.json").read_text())
        return {slot: each["number"] for slot, each in record["processes"].items()}

    def keeper(self) -> int:
        """Return the keeper's process."""
        return int(json.loads((self.home / "keeper" / "pid.json").read_text())["number"])

    def kill_control_plane(self) -> None:
        """Kill every rackd of this rack at once."""
        for number in self.control_planes().values():
            os.kill(number, signal.SIGKILL)

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Use the app as many people would; not one request may fail, and the websocket stays."""
        with self.load() as load:
            yield
        report = load.report
        print(f"{report['sent']} requests, {report['failed']} failed")
        assert report["failed"] == 0, report["failures"]
        assert report["websocket"]["open"], report["failures"]

    @contextmanager
    def load(self) -> Iterator[Traffic]:
        """Use the app as many people would; the report is there at the end."""
        api = {
            "address": ["127.0.0.1", self.ports["ApiPort"]],
            "authorization": basic(self.password),
        }
        hosts = {name: self.host(name) for name in ("web", "solo")}
        address = ["127.0.0.1", self.ports["HttpPort"]]
        sending = Traffic(self.stage, {"address": address, "hosts": hosts, "api": api})
        try:
            until(lambda: sending.totals["sent"] > 100)
            yield sending
            sending.stop()
        except BaseException:
            sending.kill()
            raise

    def host(self, service: str) -> str:
        """Return the name under which a service of the app is reached."""
        return f"{service}.{APP}.{self.name}.localhost"
