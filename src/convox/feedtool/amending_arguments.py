"""What can be typed about a release that was published."""

from convox.feed.condition import FACTS
from convox.feedtool import amending
from convox.feedtool.grammar import VERSION_HELP, Verbs, add_feed, add_keys, add_verb, add_version


def add(verbs: Verbs) -> None:
    """Add the commands."""
    for each in (_promote, _withdraw, _supersede, _require, _ramp, _condition):
        each(verbs)


def _promote(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "promote",
        help="offer a release in one more channel, also one that was not offered yet",
        example="convox-feed promote feed 20260103120000 --to stable --keys keys",
    )
    add_feed(verb)
    add_version(verb)
    verb.add_argument("--to", required=True, metavar="CHANNEL", help="such as edge or stable")
    add_keys(verb)
    verb.set_defaults(run=amending.promote)


def _withdraw(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "withdraw",
        help="say that a release is not to be used any more",
        example="convox-feed withdraw feed 20260103120000 --reason 'loses logs' --keys keys",
    )
    add_feed(verb)
    add_version(verb)
    verb.add_argument("--reason", required=True, help="why, as racks will show it")
    add_keys(verb)
    verb.set_defaults(run=amending.withdraw)


def _supersede(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "supersede",
        help="let a newer release stand in the place of an older one, and be a stop where that was",
        example="convox-feed supersede feed 20260103120000 --by 20260104120000 --keys keys",
    )
    add_feed(verb)
    verb.add_argument("version", metavar="OLD", help=VERSION_HELP)
    verb.add_argument("--by", required=True, metavar="NEW", help="the newer one")
    add_keys(verb)
    verb.set_defaults(run=amending.supersede)


def _require(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "require",
        help="mark a release as one that cannot be skipped",
        example="convox-feed require feed 20260103120000 --keys keys",
    )
    add_feed(verb)
    add_version(verb)
    add_keys(verb)
    verb.set_defaults(run=amending.require)


def _ramp(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "ramp",
        help="let a release reach the racks that update by themselves by and by",
        example="convox-feed ramp feed 20260103120000 --percent 5 --over 24h --keys keys",
    )
    add_feed(verb)
    add_version(verb)
    how = verb.add_mutually_exclusive_group(required=True)
    how.add_argument("--percent", type=float, help="so many of a hundred racks now")
    how.add_argument("--stop", action="store_true", help="no further rack takes it")
    how.add_argument("--all", action="store_true", help="offer it to all")
    verb.add_argument("--over", metavar="TIME", help="all of them after this time, as 90m, 24h, 3d")
    add_keys(verb)
    verb.set_defaults(run=amending.ramp)


def _condition(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "condition",
        help="close a release to racks of a kind that it would harm, or open it again",
        example=(
            "convox-feed condition feed 20260103120000 --name pg-locks --keys keys \\\n"
            "    --why 'migrating takes hours on PostgreSQL' --when database=postgresql"
        ),
    )
    facts = "\n".join(f"  {fact:14}{meaning}" for fact, meaning in FACTS.items())
    verb.epilog = f"facts of a rack:\n{facts}\n\n{verb.epilog}"
    add_feed(verb)
    add_version(verb)
    verb.add_argument("--name", help="what to call the condition")
    verb.add_argument("--why", help="the harm, as racks will show it")
    verb.add_argument("--url", default="", help="where to read more")
    verb.add_argument(
        "--when",
        action="append",
        metavar="FACT=VALUE[,VALUE]",
        help="which racks: all that are given must hold; '>=3.12' is a bound",
    )
    verb.add_argument(
        "--from",
        dest="origins",
        action="append",
        default=[],
        metavar="VERSION",
        help="only to racks that come from this release; may be given several times",
    )
    verb.add_argument("--remove", metavar="NAME", help="take back a condition")
    add_keys(verb)
    verb.set_defaults(run=amending.condition)
