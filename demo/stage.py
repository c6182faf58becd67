"""The things that the demo plays with: a feed, a rack, its commands, and traffic."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convox.testing.ports import free_port

REPOSITORY = Path(__file__).resolve().parent.parent
VARIANTS = REPOSITORY / "tests" / "variants"
BIN = Path(sys.executable).parent


class CommandError(Exception):
    """A command of the product failed; the text is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything lies below ``home``, in a place that the apps' own user can reach."""

    home: Path

    @classmethod
    def here(cls) -> "Stage":
        """Return the stage of this clone of the project, one a user."""
        mark = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:8]
        return cls(home=Path(tempfile.gettempdir()) / f"convox-demo-{os.getuid()}-{mark}")

    @property
    def feed(self) -> Path:
        """The folder that the feed is published to."""
        return self.home / "feed"

    @property
    def environment(self) -> dict[str, str]:
        """What keeps the demo's rack apart from all others of this user."""
        return {
            "CONVOX_CONFIG": str(self.home / "config"),
            "CONVOX_RACKS": str(self.home / "racks"),
        }

    def clear(self) -> None:
        """Make an empty stage."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o755)

    def run(self, *words: str | Path, cwd: Path = REPOSITORY) -> str:
        """Run one of the product's commands as a person would, and return what it printed."""
        program, *rest = map(str, words)
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            [str(BIN / program), *rest],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"{program} {' '.join(rest)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command with ``--json`` and return what it listed."""
        return json.loads(self.run("convox", *words, "--json"))

    def serve_feed(self) -> str:
        """Serve the feed's folder over HTTP in the background; return its address."""
        port = free_port()
        command = [str(BIN / "convox-feed"), "serve", str(self.feed), "--port", str(port)]
        with (self.home / "feed.log").open("wb") as log:
            server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        (self.home / "feed.pid").write_text(str(server.pid))
        return f"http://127.0.0.1:{port}"

    def stop_feed(self) -> None:
        """Stop serving the feed."""
        path = self.home / "feed.pid"
        if path.exists() and _is_feed_server(int(path.read_text())):
            os.kill(int(path.read_text()), signal.SIGTERM)


def _is_feed_server(pid: int) -> bool:
    try:
        return b"convox-feed" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class Traffic:
    """Steady load on the app, in a process of its own."""

    def __init__(self, stage: Stage, spec: dict[str, Any]) -> None:
        path = stage.home / "traffic.json"
        path.write_text(json.dumps(spec))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "convox.testing.traffic", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.totals = {"sent": 0, "failed": 0}
        self.report: dict[str, Any] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def phase(self, name: str) -> None:
        """Count under another name from now on."""
        self._say(f"phase {name}")

    def stop(self) -> dict[str, Any]:
        """End the load and return its report."""
        self._say("stop")
        self._reader.join(60)
        self._process.wait(10)
        return self.report

    def kill(self) -> None:
        """End the load without a report."""
        self._process.kill()
        self._process.wait()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            value = json.loads(line)
            if "phases" in value:
                self.report = value
            self.totals = {"sent": value["sent"], "failed": value["failed"]}


def basic(password: str) -> str:
    """Return the ``Authorization`` of a rack's password."""
    return "Basic " + base64.b64encode(f"convox:{password}".encode()).decode()


def overlays(names: Sequence[str]) -> list[str | Path]:
    """Return the arguments that lay these variants over the source tree."""
    return [word for name in names for word in ("--overlay", VARIANTS / name)]
