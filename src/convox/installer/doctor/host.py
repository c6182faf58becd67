"""The machine. Pure."""

from collections.abc import Iterator

from convox.installer.doctor.facts import Facts
from convox.installer.doctor.finding import Finding, ok, warning, wrong

_MIB, _GIB = 1024**2, 1024**3
_LEAST, _LITTLE = 256 * _MIB, _GIB  # bytes of disk: updates fail below, get close below
_FEW = 0.02  # of the inodes
_LITTLE_MEMORY = 128 * _MIB
_HAPROXY, _PYTHON = (2, 6), (3, 11)
_FAR = 60.0  # seconds by which the newest record may be ahead of the clock


def disk(facts: Facts) -> Iterator[Finding]:
    """There is room for what is recorded, and for an update."""
    machine = facts.machine
    found = f"{_size(machine.free)} of {_size(machine.size)} free"
    remedy = f"make room on the file system of {facts.home}; the rack goes on by itself then"
    if machine.free < _LEAST:
        yield wrong("disk", found, remedy)
    elif machine.free < _LITTLE:
        yield warning("disk", found, remedy)
    else:
        yield ok("disk", found)


def inodes(facts: Facts) -> Iterator[Finding]:
    """There is room for more files; some file systems do not count them."""
    machine = facts.machine
    if machine.inodes and machine.inodes_free < machine.inodes * _FEW:
        found = f"{machine.inodes_free} of {machine.inodes} files left"
        yield wrong("inodes", found, f"remove files from the file system of {facts.home}")


def writable(facts: Facts) -> Iterator[Finding]:
    """The home can be written to."""
    reason = facts.machine.unwritable
    if reason:
        remedy = (
            "look at `dmesg`, then mount it for writing"
            if "read-only" in reason.lower()
            else "make room, or mend what the machine says; the rack goes on by itself then"
        )
        yield wrong("writing", f"cannot write to {facts.home}: {reason}", remedy)
    else:
        yield ok("writing", f"{facts.home} takes what is written")


def memory(facts: Facts) -> Iterator[Finding]:
    """Something is left for another process."""
    machine = facts.machine
    found = f"{_size(machine.memory_free)} of {_size(machine.memory)} free"
    if machine.memory_free < _LITTLE_MEMORY:
        yield warning("memory", found, "scale services down, or give the machine more memory")
    else:
        yield ok("memory", found)


def programs(facts: Facts) -> Iterator[Finding]:
    """What the rack takes from the machine is there, and new enough."""
    for name, version, least, remedy in (
        ("haproxy", facts.machine.haproxy, _HAPROXY, "apt-get install haproxy"),
        ("python", facts.machine.python, _PYTHON, "install it anew where it was"),
    ):
        needed = ".".join(map(str, least))
        if not version:
            yield wrong(name, "it is not installed", remedy)
        elif _numbers(version) < least:
            yield wrong(name, f"version {version}", f"install version {needed} or later")
        else:
            yield ok(name, f"version {version}")


def clock(facts: Facts) -> Iterator[Finding]:
    """The clock is right, as far as that can be told."""
    newest = facts.records.newest if facts.records else None
    if newest and -facts.age(newest).total_seconds() > _FAR:
        found = (
            f"it is {facts.now:%Y-%m-%d %H:%M}, and the rack has recorded {newest:%Y-%m-%d %H:%M}"
        )
        yield wrong("clock", found, "set the clock, or have NTP do so")
    elif facts.machine.synchronised is False:
        remedy = "have NTP keep it, such as by `timedatectl set-ntp true`"
        yield warning("clock", "nothing keeps it right", remedy)
    else:
        yield ok("clock", f"{facts.now:%Y-%m-%d %H:%M:%S} UTC")


def ports(facts: Facts) -> Iterator[Finding]:
    """Nobody else listens where the router does."""
    for port in facts.ports:
        name = f"port {port.number}"
        if port.holder and not port.is_ours:
            found = f"{port.key} is used by {port.holder}"
            yield wrong(name, found, "stop that program; the rack takes the port by itself then")
        elif not facts.is_stopped and not port.holder:
            yield wrong(name, f"nobody listens on {port.key}", _look(facts, "router/haproxy.log"))
        else:
            yield ok(name, port.key)


def owner(facts: Facts) -> Iterator[Finding]:
    """The home is the rack's own, and closed to whom it is to be."""
    for part in facts.files.modes:
        name = part.path.relative_to(facts.home.parent)
        if part.owner != facts.machine.asks_as:
            found = f"{name} is user {part.owner}'s, and user {facts.machine.asks_as} asks"
            yield wrong("owner", found, f"run this as the user who installed rack {facts.name}")
            return
        if part.mode != part.expected:
            found = f"{name} has mode {part.mode:o} instead of {part.expected:o}"
            yield warning("owner", found, f"chmod {part.expected:o} {part.path}")
    yield ok("owner", f"user {facts.machine.asks_as}")


def _look(facts: Facts, log: str) -> str:
    return f"see {facts.home / log}"


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].split(".")
    return tuple(int(part) for part in parts[:2] if part.isdigit())


def _size(size: int) -> str:
    return f"{size / _GIB:.1f} GiB" if size >= _GIB else f"{size / _MIB:.0f} MiB"
