"""A rack that is left alone: it goes by itself where a person would have led it."""

import json
from collections.abc import Iterator

import pytest
from demo.stage import Stage
from tests.contract.notices.servers import Hook, listening
from tests.system.conftest import Feed
from tests.system.rack import APP, Rack, until

SOON = ("UpdateDelay=0", "UpdateInterval=5s", "CanaryTime=5", "AutoUpdate=on")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening(Hook()) as made:
        yield made


def told(hook: Hook) -> list[tuple[str, str]]:
    """Return what a receiver was told, whatever came twice once, in the order of its times."""
    by_id = {value["id"]: value for value in (json.loads(each.body) for each in hook.got)}
    ordered = sorted(by_id.values(), key=lambda value: value["time"])
    return [(value["kind"], value["version"]) for value in ordered]


def test_a_rack_goes_by_itself_past_a_required_release_to_the_newest(
    stage: Stage, feed: Feed, hook: Hook
) -> None:
    start, required, newest = (feed.versions[name] for name in "ABD")
    rack = Rack.installed(stage, "alone", feed=feed.address, version=start, instances=1)
    rack.deploy()
    rack.type("notifications", "add", "webhook", hook.url)
    held = rack.json("rack", "update", "check")
    assert (held["next"]["reason"], held["available"]) == ("off", newest)
    with rack.traffic():
        rack.type("rack", "params", "set", *SOON)
        until(lambda: rack.ask("/system") and rack.version == newest)
        assert rack.ended()["state"] == "done"
    listed = [each["id"] for each in rack.json("rack", "releases")]
    assert listed == [newest, required, start]
    asked = rack.json("rack", "audit", "--kind", "asked")
    assert [(each["who"], each["text"]) for each in asked] == [
        ("automatic", f"update from {required} to {newest}"),
        ("automatic", f"update from {start} to {required}"),
    ]
    until(lambda: ("done", newest) in told(hook))
    assert told(hook) == [
        ("available", newest),
        ("started", required),
        ("done", required),
        ("started", newest),
        ("done", newest),
    ]
    assert rack.json("notifications")[0]["latest"]["result"] == "delivered"
    said = rack.type("rack", "update", "check")
    assert f"channel stable offers nothing newer than {newest}" in said
    assert rack.json("apps", "info", APP)["status"] == "running"
    assert rack.type("rack", "audit", "verify").startswith("OK, ")
