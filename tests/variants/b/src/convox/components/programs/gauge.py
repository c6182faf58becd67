"""Measures what every session of this machine uses and answers whoever asks.

A process of an app leads a session of its own, so the figures of a session are those of a process
with all that it started. A connection to ``HOME/run/gauge.sock`` is answered with one line,
``{"<session>": {"cpu": cores, "memory": bytes}}``, measured over the last five seconds.
"""

import json
import os
import socket
import sys
import time
from collections import deque
from pathlib import Path

INTERVAL = 0.5  # seconds between samples
WINDOW = 10  # samples
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


def usage(samples: deque[tuple[float, Sample]]) -> dict[str, dict[str, float]]:
    """Return the answer from the samples of the window."""
    (then, before), (now, after) = samples[0], samples[-1]
    return {
        str(session): {
            "cpu": round(max(0.0, cpu - before.get(session, (cpu, 0))[0]) / (now - then), 4),
            "memory": memory,
        }
        for session, (cpu, memory) in after.items()
    }


def main(home: str) -> None:
    """Measure and answer until this process is ended."""
    path = Path(home) / "run" / "gauge.sock"
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(INTERVAL)
    samples = deque([(time.monotonic(), sample())], maxlen=WINDOW)
    while True:
        try:
            peer, _ = listener.accept()
        except TimeoutError:
            samples.append((time.monotonic(), sample()))
            continue
        with peer:
            if time.monotonic() - samples[-1][0] >= INTERVAL or len(samples) == 1:
                samples.append((time.monotonic(), sample()))
            peer.sendall(json.dumps(usage(samples)).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
