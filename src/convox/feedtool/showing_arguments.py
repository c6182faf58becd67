"""What can be typed to look at a feed."""

from pathlib import Path

from convox.feed.index import STABLE
from convox.feedtool import showing
from convox.feedtool.grammar import Verbs, add_feed, add_json, add_verb, add_version


def add(verbs: Verbs) -> None:
    """Add the commands."""
    for each in (_list, _graph, _notes):
        each(verbs)


def _list(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "list",
        help="show a feed's releases, and which are required and why",
        example="convox-feed list feed --json",
    )
    add_feed(verb)
    add_json(verb)
    verb.set_defaults(run=showing.list_releases)


def _graph(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "graph",
        help="show where each release leads the racks of a channel, as text or as a picture",
        example="convox-feed graph feed --svg feed.svg",
    )
    add_feed(verb)
    verb.add_argument("--channel", default=STABLE, help="whose racks (default %(default)s)")
    how = verb.add_mutually_exclusive_group()
    how.add_argument("--svg", type=Path, metavar="FILE", help="draw it into this file")
    how.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=showing.graph)


def _notes(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "notes",
        help="show what a release says of itself, and the feed of it",
        example="convox-feed notes feed 20260103120000",
    )
    add_feed(verb)
    add_version(verb)
    add_json(verb)
    verb.set_defaults(run=showing.notes)
