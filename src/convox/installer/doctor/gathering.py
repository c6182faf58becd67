"""Look at everything once, whether the rack is up or down."""

import shutil
import tempfile
from pathlib import Path

from convox.errors import RackError
from convox.feed.fetch import FeedClient
from convox.feed.index import STABLE, latest
from convox.feed.layout import ARTIFACTS
from convox.feed.store import Store
from convox.installer.doctor import look_files, look_machine, look_processes, look_records
from convox.installer.doctor.facts import Facts, Feed, Records
from convox.installer.keeper_record import control_planes
from convox.rackd.ground import Ground, ground
from convox.state import rackfile


async def gather(home: Path) -> Facts:
    """Return what is seen; ``StateError`` where not even ``rack.json`` can be read."""
    known = rackfile.load(home)
    parts = ground(home, known, "")
    files = look_files.files(parts)
    is_readable = not files.records
    records = look_records.records(known.database) if is_readable else None
    return Facts(
        name=known.name,
        home=home,
        now=parts.clock.now(),
        machine=await look_machine.machine(home),
        files=files,
        feed=await _feed(parts, records),
        ports=tuple(look_machine.ports(known, look_processes.haproxies(home))),
        keeper=await look_processes.keeper(parts),
        last_words=look_processes.last_words(home),
        control_planes=control_planes(home).keys(),
        api=await look_processes.api(home),
        front=await look_processes.front(known),
        records=records,
        router=await look_processes.router(parts),
        instances=await look_processes.instances(parts),
        resources=await look_processes.resources(parts) if is_readable else {},
        components=frozenset(parts.components.running()),
        orphans=dict(look_processes.orphans(parts)),
    )


async def _feed(parts: Ground, records: Records | None) -> Feed:
    """Ask the feed, from a copy of what was seen of it, so that nothing of the rack is changed."""
    url, running = parts.facts.feed, records.version if records else ""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "feed"
        shutil.copytree(parts.home / "feed", copy, ignore=shutil.ignore_patterns(ARTIFACTS))
        try:
            client = FeedClient(url, copy, Store(Path(place) / "store"))
            index = await client.refresh(since=running)
            entry = index.find(running)
            if entry is not None and entry.withdrawn is not None:  # the way out may lead back
                index = await client.refresh()
        except RackError as error:
            return Feed(url=url, why_not=str(error))
    withdrawn = {each.version: each.withdrawn for each in index.entries if each.withdrawn}
    return Feed(
        url=url,
        newest=latest(index, records.channel if records else STABLE) or "",
        withdrawn=withdrawn,
    )
