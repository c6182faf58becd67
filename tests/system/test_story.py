"""The main job: a rack that updates itself while people use its apps.

It comes last: the rack has been through failed updates and a stop by then, and is none the worse.
"""

import re
from collections import Counter
from pathlib import Path

from tests.system.conftest import Feed
from tests.system.rack import APP, Rack, until


def test_apps_notice_nothing_when_the_rack_goes_from_a_past_a_required_release_to_d(
    rack: Rack, feed: Feed
) -> None:
    required, newest = feed.versions["B"], feed.versions["D"]
    release, before, deployed = rack.release(), rack.processes(), _starts(rack)
    releases = rack.json("releases", "-a", APP)
    _count(rack, "jobs", 1 - _count(rack, "jobs"))  # one that was killed did not count down
    twice = _count(rack, "twice")
    with rack.traffic():
        visits = _count(rack, "visits")
        said = rack.update(newest)
        assert said == (
            f"{required} is required before {newest}: state 2 beside 1, usage 2 beside 1\n"
            f"Updating to {required}... UPDATING\n"
        )
        assert rack.ended()["state"] == "done"
        assert rack.version == required
        assert rack.processes() == before, "a release with the same image moves nothing"
        instances = {each["id"] for each in rack.json("instances")}
        rack.type("instances", "cordon", min(instances))
        assert rack.update(newest) == f"Updating to {newest}... UPDATING\n"
        assert rack.ended()["state"] == "done"
        assert rack.version == newest
        assert _count(rack, "visits") > visits > 0
    until(lambda: not instances & set(rack.processes().values()))  # the websocket's too
    cordoned = [each["id"] for each in rack.json("instances") if each["status"] == "cordoned"]
    assert len(cordoned) == 1, "a cordon outlives its instance"
    assert not {*cordoned} & {*instances, *rack.processes().values()}
    assert rack.json("rack")["status"] == "running"
    assert rack.release() == release
    assert rack.json("releases", "-a", APP) == releases, "nobody had to deploy again"
    assert _starts(rack) - deployed == {"web": 2, "solo": 1, "worker": 1, "job": 1}
    jobs = (_count(rack, "jobs"), _count(rack, "twice"))
    assert jobs == (1, twice), "a job never runs twice at once"
    listed = [each["id"] for each in rack.json("rack", "releases")]
    assert listed[:2] == [newest, required]
    older = rack.json("rack", "update", feed.versions["A"], "--plan")
    assert (older["target"], older["wanted"]) == (required, feed.versions["A"])
    assert "is as far back as it goes" in older["reason"]
    assert rack.type("rack", "audit", "verify").startswith("OK, ")
    [asked, *_] = rack.json("rack", "audit", "--kind", "asked")
    assert asked["text"] == f"update from {required} to {newest}"
    assert re.fullmatch(r"convox \(.+@.+\)", asked["who"])


def _count(rack: Rack, name: str, add: int = 0) -> int:
    ask = f'import asyncio, redis; print(asyncio.run(redis.ask("INCRBY {name} {add}")))'
    return int(rack.type("run", "web", f"python3 -c '{ask}'", "-a", APP).split()[-1])


def _starts(rack: Rack) -> Counter[str]:
    """Return how many processes of each service were ever started, one-off ones aside."""
    logs = (rack.home / "logs" / "apps" / APP).glob("system*.log")
    return Counter(re.findall(r"(\w+) of release \w+ starts on", "".join(map(_text, logs))))


def _text(path: Path) -> str:
    return path.read_text()
