"""A person holds an update, turns it back and undoes it, and the app notices nothing."""

from tests.system.conftest import Feed
from tests.system.rack import Rack, until


def test_an_update_is_paused_and_turned_back_in_the_middle_of_a_step(
    rack: Rack, feed: Feed
) -> None:
    before = (rack.version, rack.processes(), rack.slots())
    with rack.traffic():
        reached = rack.strike("stage.shadow.do.before", "hold")
        rack.update(feed.versions["B"])
        until(reached.exists)
        rack.type("rack", "update", "pause")
        assert "paused at stage" in rack.json("rack")["update"]
        assert "it is paused already" in rack.refuses("rack", "update", "pause")
        assert rack.type("rack", "update", "cancel", "--wait").endswith("OK\n")
    reached.unlink()
    ended = rack.ended()
    assert (ended["state"], ended["returns_to"]) == ("undone", before[0])
    assert ended["cause"].startswith("called off by ")
    assert (rack.version, rack.processes(), rack.slots()) == before
    assert "called off by" in rack.json("rack")["update"]
    rack.type("rack", "update", "acknowledge")
    assert rack.json("rack")["update"] == ""


def test_a_paused_update_goes_on_where_it_stood_and_can_be_undone_when_it_has_ended(
    rack: Rack, feed: Feed
) -> None:
    version, processes = rack.version, rack.processes()
    plan = rack.json("rack", "update", "--plan")
    assert (plan["target"], plan["refused"], plan["no_return"]) == (feed.versions["B"], [], "")
    with rack.traffic():
        reached = rack.strike("handoff.journal.verified.after", "hold")
        rack.update("--approve", plan["hash"][:12])
        until(reached.exists)
        rack.type("rack", "update", "pause")
        reached.unlink()
        assert rack.json("rack", "update", "status")["step"] == "components"
        assert rack.type("rack", "update", "resume", "--wait").endswith("OK\n")
        assert rack.version == feed.versions["B"]
        assert rack.type("rack", "update", "undo", "--wait").endswith("OK\n")
    assert rack.version == version
    assert rack.processes() == processes
    until(lambda: list(rack.control_planes()) == [version])
