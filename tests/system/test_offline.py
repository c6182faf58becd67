"""A rack that cannot reach its feed: a person brings it all of the way in one file."""

from pathlib import Path

from demo.stage import Stage
from tests.system.conftest import Feed
from tests.system.rack import Rack


def test_a_rack_goes_past_a_required_release_by_a_bundle_when_its_feed_is_away(
    stage: Stage, feed: Feed, tmp_path: Path
) -> None:
    start, required, newest = (feed.versions[name] for name in "ABD")
    rack = Rack.installed(stage, "offline", feed=feed.address, version=start, instances=1)
    bundle = tmp_path / "up.bundle"
    words = ["--from", start, "--to", newest, "--out", bundle]
    stage.run("convox-feed", "bundle", feed.folder, *words)
    feed.stop()
    try:
        assert feed.address in rack.refuses("rack", "update")
        said = rack.update("--bundle", str(bundle), "--yes", "--wait")
        assert f"it leads to {newest}, and is good until" in said
        assert rack.version == newest
        assert [each["id"] for each in rack.json("rack", "releases")] == [newest, required, start]
    finally:
        feed.serve()
