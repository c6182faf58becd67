"""The commands about racks: which one is meant, how it is, its instances, and its updates."""

from convox.cli.command import (
    COUNT,
    FORCE,
    JSON,
    LEGACY,
    LIMIT,
    LOGS,
    RACK,
    WAIT,
    YES,
    Command,
)
from convox.cli.grammar import Flag

_R = (RACK,)
_RJ = (RACK, JSON)
_APPROVE = Flag("approve", "carry out the plan with this hash and no other")
_PLAN = Flag("plan", "show what would be done, and do nothing", "", "switch")

RACK_COMMANDS = {
    "instances": Command("instances:index", "list instances", flags=_RJ),
    "instances cordon": Command(
        "instances:cordon", "have no process placed on an instance", "<instance>", 1, 1, _R
    ),
    "instances terminate": Command(
        "instances:terminate", "terminate an instance", "<instance>", 1, 1, _R
    ),
    "instances uncordon": Command(
        "instances:uncordon", "let processes be placed on an instance", "<instance>", 1, 1, _R
    ),
    "login": Command(
        "racks:login",
        "log in to a rack",
        "[host]",
        0,
        1,
        (Flag("password", "password of the rack, - to be read from stdin", "p"),),
    ),
    "rack": Command("rack:show", "show the rack", flags=_RJ),
    "rack audit": Command(
        "rack_audit:show",
        "list what was asked of the rack, and what came of it",
        flags=(
            *_RJ,
            Flag("kind", "only entries of this kind, as asked or refused"),
            LIMIT,
            Flag("since", "from how long ago on, as 20m", "", "duration"),
        ),
    ),
    "rack audit verify": Command(
        "rack_audit:verify",
        "see whether somebody edited the rack's history",
        flags=(*_RJ, Flag("head", "a head that was printed before, and kept elsewhere")),
    ),
    "rack doctor": Command(
        "rack_local:doctor",
        "say what is wrong with a rack of this machine, and what to do",
        "[name]",
        0,
        1,
        _RJ,
    ),
    "rack install": Command(
        "rack_local:install",
        "install a rack on this machine",
        "local [Key=Value] ...",
        1,
        None,
        (Flag("name", "name of the rack", "n"),),
        "rack_local:settings",
    ),
    "rack logs": Command("rack:logs", "show the rack's log", flags=(*_R, *LOGS)),
    "rack params": Command(
        "rack:parameters",
        "show the rack's parameters",
        flags=(*_RJ, Flag("reveal", "show secrets on a terminal", "", "switch")),
    ),
    "rack params set": Command(
        "rack:set_parameters",
        "set the rack's parameters",
        "<Key=Value> ...",
        1,
        None,
        (RACK, WAIT),
    ),
    "rack ps": Command(
        "rack:processes",
        "list the rack's processes",
        flags=(*_RJ, Flag("all", "of apps too", "a", "switch")),
    ),
    "rack releases": Command(
        "rack:releases", "list the releases the rack ran", flags=(*_RJ, LEGACY)
    ),
    "rack repair": Command(
        "rack_local:repair",
        "make anew what is damaged of a rack of this machine",
        "[name]",
        0,
        1,
        _R,
    ),
    "rack restore": Command(
        "rack_local:restore",
        "go back to a copy of the records of a rack of this machine",
        "[name]",
        0,
        1,
        (
            RACK,
            Flag("snapshot", "name of the copy; the newest that is sound"),
            Flag("force", "also where the records are sound", "f", "switch"),
        ),
    ),
    "rack scale": Command(
        "rack:scale",
        "scale the rack",
        flags=(*_RJ, COUNT, WAIT, Flag("type", "kind of the instances", "t")),
    ),
    "rack start": Command("rack_local:start", "start a rack of this machine", "[name]", 0, 1, _R),
    "rack stop": Command("rack_local:stop", "stop a rack of this machine", "[name]", 0, 1, _R),
    "rack uninstall": Command(
        "rack_local:uninstall", "remove a rack of this machine", "local <name>", 1, 2, (FORCE,)
    ),
    "rack update": Command(
        "rack_update:update",
        "update the rack",
        "[version]",
        0,
        1,
        (
            *_RJ,
            _APPROVE,
            LEGACY,
            Flag("bundle", "file with a piece of the feed, for a rack that cannot reach it"),
            _PLAN,
            Flag("through", "go on past required releases", "", "switch"),
            WAIT,
            YES,
        ),
    ),
    "rack update acknowledge": Command(
        "rack_steer:acknowledge", "stop showing how the last update ended", flags=_R
    ),
    "rack update cancel": Command(
        "rack_steer:cancel", "turn the update under way back", flags=(RACK, WAIT)
    ),
    "rack update check": Command(
        "rack_automatic:check",
        "ask the feed now, and show what the rack does next by itself",
        flags=_RJ,
    ),
    "rack update hold": Command(
        "rack_automatic:hold",
        "let no update begin by itself, until a date, for 12h or 3d, or for good",
        "[until]",
        0,
        1,
        _R,
    ),
    "rack update pause": Command(
        "rack_steer:pause", "let no further step of the update begin", flags=_R
    ),
    "rack update pin": Command(
        "rack_automatic:pin",
        "let no update by itself go past a version, or past the one that runs",
        "[version]",
        0,
        1,
        _R,
    ),
    "rack update resume": Command(
        "rack_steer:resume", "let a paused update go on", flags=(RACK, WAIT)
    ),
    "rack update status": Command(
        "rack_steer:status", "show the update under way, or the last one", flags=_RJ
    ),
    "rack update undo": Command(
        "rack_steer:undo",
        "go back to where the last update began",
        flags=(*_RJ, _APPROVE, _PLAN, WAIT, YES),
    ),
    "rack update unhold": Command(
        "rack_automatic:unhold", "let updates begin by themselves again", flags=_R
    ),
    "rack update unpin": Command(
        "rack_automatic:unpin", "let updates by themselves go past the pin", flags=_R
    ),
    "rack wait": Command("rack:wait", "wait until the rack is at rest", flags=_R),
    "racks": Command("racks:index", "list racks, and what each does next", flags=(JSON,)),
    "racks update": Command(
        "racks_update:update",
        "update many racks in waves, and stop when one fails",
        "[name] ... [version]",
        0,
        None,
        (
            JSON,
            YES,
            Flag("abandon", "let the racks that still wait stay", "", "switch"),
            Flag("plan", "show the waves, and do nothing", "", "switch"),
            Flag("resume", "go on, the racks that failed first", "", "switch"),
            Flag("soak", "for how long a wave must be well before the next: 60s", "", "duration"),
            Flag("status", "show how far the last one came", "", "switch"),
            Flag("wave", "how many racks each wave has: 1,10%,rest"),
        ),
    ),
    "switch": Command("racks:switch", "choose the current rack", "[name]", 0, 1, (JSON,)),
}
