"""Measures what every session of this machine uses and keeps the figures in one file.

A process of an app leads a session of its own, so the figures of a session are those of a process
with all that it started. Every two seconds ``HOME/run/usage.json`` becomes
``{"<session>": {"cpu": cores, "memory": bytes}}``.
"""

import json
import os
import sys
import time
from pathlib import Path

INTERVAL = 2.0  # seconds
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


Sample = dict[int, tuple[float, int]]


def sample() -> Sample:
    """Return ``{session: (seconds of CPU used so far, resident bytes)}`` (proc(5), stat)."""
    sessions: Sample = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        session = int(fields[3])
        cpu, memory = sessions.get(session, (0.0, 0))
        ticks = int(fields[11]) + int(fields[12])
        sessions[session] = (cpu + ticks / TICK, memory + int(fields[21]) * PAGE)
    return sessions


def usage(before: Sample, after: Sample, seconds: float) -> dict[str, dict[str, float]]:
    """Return the file's content from two samples."""
    return {
        str(session): {
            "cpu": round(max(0.0, cpu - before.get(session, (cpu, 0))[0]) / seconds, 4),
            "memory": memory,
        }
        for session, (cpu, memory) in after.items()
    }


def main(home: str) -> None:
    """Measure until this process is ended."""
    path = Path(home) / "run" / "usage.json"
    before, then = sample(), time.monotonic()
    while True:
        after, now = sample(), time.monotonic()
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            draft.write_text(json.dumps(usage(before, after, max(now - then, 0.001))))
            draft.replace(path)
        except OSError as error:
            print(f"cannot write {path}: {error}", file=sys.stderr)
        before, then = after, now
        time.sleep(INTERVAL)


if __name__ == "__main__":
    main(sys.argv[1])
