"""What a publisher sees of a feed: the list, the picture, what is said of a release."""

import json
from xml.etree import ElementTree as ET

import pytest

from convox.feedtool.command import main

pytestmark = pytest.mark.parametrize("workshop", ["folder"], indirect=True)

A, B, C, D, E = (f"2026010{number}000000" for number in range(1, 6))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def typed(workshop, capsys):
    """Type a command about the feed; return its exit status and what it said."""

    def run(verb, *words):
        status = main([str(word) for word in (verb, workshop.feed, *words)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


@pytest.fixture(autouse=True)
def feed(workshop, typed):
    """A change in two steps; C was withdrawn, D is ramped, E is only in edge."""
    keys = ("--keys", workshop.home / "keys")
    for version, epochs in ((A, "1"), (B, "12"), (C, "12"), (D, "2")):
        release = workshop.build(version, epochs=epochs)
        assert typed("publish", release, *keys)[0] == 0
    assert typed("withdraw", C, "--reason", "loses logs", *keys)[0] == 0
    assert typed("ramp", D, "--percent", 5, *keys)[0] == 0
    words = ("--name", "pg", "--why", "slow <there>", "--when", "database=postgresql")
    assert typed("condition", D, *words, *keys)[0] == 0
    edge = workshop.build(E, epochs="2")
    assert typed("publish", edge, "--channel", "edge", "--security", *keys)[0] == 0


def test_text_shows_where_each_release_leads_when_the_graph_is_asked_for(typed):
    assert typed("graph")[1].splitlines() == [
        f".  {E}                     edge    notes of {E}",
        "   security",
        f"o  {D}                     stable  notes of {D}",
        "   reaches 5 % of the racks, stays so",
        "   closed to racks with database=postgresql: slow <there>",
        f"x  {C}  -> {D}  stable  notes of {C}",
        "   withdrawn: loses logs",
        f"#  {B}  -> {D}  stable  notes of {B}",
        "   required: usage 2 beside 1",
        f"o  {A}  -> {B}  stable  notes of {A}",
    ]


def test_a_channel_that_the_feed_has_not_is_refused(typed, tmp_path):
    picture = tmp_path / "feed.svg"
    status, text = typed("graph", "--channel", "stabel", "--svg", picture)
    assert status == 1
    assert "channel stabel: the feed has none such; its channels are edge, stable" in text
    assert not picture.exists()


def test_picture_has_a_bow_for_each_hop_when_it_is_drawn(typed, tmp_path):
    picture = tmp_path / "feed.svg"
    assert typed("graph", "--svg", picture) == (0, f"Drew 5 releases into {picture}\n")
    root = ET.parse(picture).getroot()
    bows = [each.get("class") for each in root.iter(f"{SVG}path") if each.get("class")]
    assert bows == ["hop hop", "hop hop", "hop to-stop"]
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert "5 releases, 1 required, 1 withdrawn; newest on top" in texts
    assert "closed to racks with database=postgresql: slow <there>" in texts
    height = float(root.get("viewBox").split()[3])
    assert all(float(each.get("y")) < height for each in root.iter(f"{SVG}text"))


def test_programs_read_the_graph_when_they_ask_for_json(typed):
    nodes = json.loads(typed("graph", "--json", "--channel", "edge")[1])
    assert [(node["version"], node["kind"]) for node in nodes][:2] == [
        (E, "release"),
        (D, "not in this channel"),
    ]


def test_graph_is_empty_when_the_feed_is(typed, tmp_path):
    empty = tmp_path / "empty"
    assert main(["init", str(empty), "--keys", str(tmp_path / "others")]) == 0
    assert main(["graph", str(empty)]) == 0
    assert main(["graph", str(empty), "--svg", str(tmp_path / "empty.svg")]) == 0
    ET.parse(tmp_path / "empty.svg")


def test_list_says_how_far_a_release_has_come_and_whom_it_is_closed_to(typed):
    text = typed("list")[1]
    assert f"{D}  yes, 5 %, closed: pg " in text
    rows = {row["version"]: row for row in json.loads(typed("list", "--json")[1])}
    assert (rows[D]["reaches"], rows[D]["closed"]) == (5.0, ["pg"])
    assert (rows[E]["security"], rows[E]["reaches"]) == (True, 100.0)


def test_all_is_said_of_a_release_when_its_notes_are_asked_for(typed):
    text = typed("notes", D)[1]
    assert text.startswith(f"notes of {D}\n\nOffered in stable since ")
    assert "Reaches 5 % of the racks, stays so\n" in text
    assert text.endswith("Reads usage 2, writes 2\n")
    assert "Withdrawn: loses logs" in typed("notes", C)[1]
    assert json.loads(typed("notes", C, "--json")[1])["withdrawn"] == "loses logs"
    assert typed("notes", "1")[0] == 1
