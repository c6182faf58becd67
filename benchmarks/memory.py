"""What an idle rack takes of the machine's memory, process by process."""

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.result import Result, times

_SETTLE = 10.0  # seconds without anything to do before looking
_MIB = 1024  # smaps_rollup counts in KiB

# By what a command line contains; the first that fits names the process.
_ROLES: Mapping[str, str] = {
    "convox.rackd": "control plane (`rackd`)",
    "/keeper/": "keeper",
    "haproxy": "router (HAProxy)",
    "/components/": "component (meter)",
    "/images/": "instance (agent)",
    "web:app": "app: web",
    "solo:app": "app: solo",
    "worker.py": "app: worker",
    "postgres": "resource: PostgreSQL",
}
_OWN = tuple(role for role in _ROLES.values() if not role.startswith(("app", "resource")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """KiB: all pages of a process, and its fair share of those that others have too."""

    rss: int
    pss: int


def measure(ground: Ground) -> Result:
    """Look at every process of the rack, and at a Python that does nothing."""
    _ = ground.ports
    time.sleep(_SETTLE)
    bare = _bare_python()
    found: dict[str, list[Memory]] = defaultdict(list)
    for pid, command in _processes(ground.home).items():
        found[_role(command)].append(_memory(pid))
    rows = [_row(role, found[role], bare) for role in _ROLES.values() if role in found]
    own = [memory for role in _OWN for memory in found[role]]
    everything = [memory for memories in found.values() for memory in memories]
    rows.append(_row("**the rack itself**", own, bare))
    rows.append(_row("**with app and resource**", everything, bare))
    rows.append(_row("`python` that waits", [bare], bare))
    return Result(
        title="Memory of an idle rack, process by process",
        how=(
            "Three instances and the demo's app, no traffic, ten seconds after the last command;"
            " `/proc/PID/smaps_rollup`. PSS counts a page that several processes have as a share"
            " of each, so PSS adds up and RSS does not. The ratio is of the PSS to that of a"
            " `python` that waits for input. MiB, all processes of a row together."
        ),
        header=["", "processes", "RSS", "PSS", "ratio"],
        rows=rows,
    )


def _row(name: str, memories: list[Memory], bare: Memory) -> list[str]:
    rss, pss = sum(item.rss for item in memories), sum(item.pss for item in memories)
    sizes = [f"{rss / _MIB:.1f}", f"{pss / _MIB:.1f}", times(pss, bare.pss)]
    return [name, str(len(memories)), *sizes]


def _role(command: str) -> str:
    for part, role in _ROLES.items():
        if part in command:
            return role
    raise RuntimeError(f"nobody knows what this process of the rack is: {command}")


def _processes(home: Path) -> Mapping[int, str]:
    """Return the command lines of the rack's processes: those that name its home, and theirs."""
    commands, parents = {}, {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            line = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            stat = (directory / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        commands[int(directory.name)], parents[int(directory.name)] = line, int(stat[1])
    ours = {pid for pid, line in commands.items() if str(home) in line}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return {pid: commands[pid] for pid in ours}


def _memory(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return Memory(rss=sizes["Rss"], pss=sizes["Pss"])


def _bare_python() -> Memory:
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        memory = _memory(process.pid)
        process.communicate(b"\n")
    return memory
