"""Every command: where it lives, what it is for, how many arguments and which flags it takes."""

from convox.cli.command import (
    APP,
    COUNT,
    FORCE,
    ID,
    JSON,
    LEGACY,
    LIMIT,
    PROMOTE,
    RACK,
    RELEASE,
    WAIT,
    YES,
    Command,
)
from convox.cli.grammar import Flag
from convox.cli.notification_table import NOTIFICATION_COMMANDS

_R = (RACK,)
_RJ = (RACK, JSON)
_RA = (RACK, APP)
_RAJ = (RACK, APP, JSON)
_RAW = (RACK, APP, WAIT)
_LOGS = (
    Flag("filter", "only lines with this text"),
    Flag("since", "from how long ago on, as 20m", "", "duration"),
    Flag("no-follow", "end with what there is now", "", "switch"),
)
_BUILD = (
    *_RA,
    Flag("build-args", "argument of the build, KEY=VALUE", "", "list"),
    Flag("description", "words for the build", "d"),
    Flag("development", "build for development", "", "switch"),
    Flag("manifest", "name of the manifest", "m"),
    Flag("no-cache", "build anew what was built before", "", "switch"),
    Flag("wildcard-domain", "route all names below the app's", "", "switch"),
    ID,
)

COMMANDS = {
    **NOTIFICATION_COMMANDS,
    "api get": Command("version:get", "get a path of the rack's API", "<path>", 1, 1, _R),
    "apps": Command("apps:index", "list apps", flags=_RJ),
    "apps cancel": Command("apps:cancel", "undo a deployment under way", "[app]", 0, 1, _RAW),
    "apps create": Command(
        "apps:create",
        "create an app",
        "[name]",
        0,
        1,
        (*_RAW, Flag("generation", "generation of the app", "g")),
    ),
    "apps delete": Command("apps:delete", "delete an app", "<app>", 1, 1, (RACK, WAIT)),
    "apps info": Command("apps:info", "show an app", "[app]", 0, 1, _RAJ),
    "apps lock": Command("apps:lock", "keep an app from being deleted", "[app]", 0, 1, _RA),
    "apps params": Command("apps:parameters", "show an app's parameters", "[app]", 0, 1, _RAJ),
    "apps params set": Command(
        "apps:set_parameters", "set an app's parameters", "<Key=Value> ...", 1, None, _RAW
    ),
    "apps unlock": Command("apps:unlock", "let an app be deleted", "[app]", 0, 1, _RA),
    "apps wait": Command("apps:wait", "wait until an app runs", "[app]", 0, 1, _RA),
    "build": Command("builds:build", "build a folder", "[dir]", 0, 1, _BUILD),
    "builds": Command("builds:index", "list builds", flags=(*_RAJ, LIMIT)),
    "builds info": Command("builds:info", "show a build", "<build>", 1, 1, _RAJ),
    "builds logs": Command("builds:logs", "show a build's log", "<build>", 1, 1, _RA),
    "completion": Command(
        "completion:script", "print what makes a shell complete commands", "<bash|zsh|fish>", 1, 1
    ),
    "deploy": Command(
        "builds:deploy", "build a folder and promote it", "[dir]", 0, 1, (*_BUILD, WAIT)
    ),
    "env": Command("environment:show", "list variables", flags=_RAJ),
    "env edit": Command("environment:edit", "edit variables", flags=(*_RAW, PROMOTE)),
    "env get": Command("environment:get", "show a variable", "<var>", 1, 1, _RAJ),
    "env set": Command(
        "environment:set_variables",
        "set variables",
        "[KEY=VALUE] ...",
        0,
        None,
        (*_RAW, PROMOTE, ID, Flag("replace", "remove all others", "", "switch")),
    ),
    "env unset": Command(
        "environment:unset", "remove variables", "<var> ...", 1, None, (*_RAW, PROMOTE, ID)
    ),
    "exec": Command("run:execute", "run a command in a process", "<pid> <command>", 2, None, _RA),
    "help": Command("help:index", "list commands", "[command]", 0, None),
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
    "logs": Command("logs:show", "show an app's log", flags=(*_RA, *_LOGS)),
    "ps": Command(
        "processes:index",
        "list an app's processes",
        flags=(*_RAJ, RELEASE, Flag("service", "name of the service", "s")),
    ),
    "ps info": Command("processes:info", "show a process", "<pid>", 1, 1, _RAJ),
    "ps stop": Command("processes:stop", "stop a process", "<pid>", 1, 1, _RA),
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
    "rack logs": Command("rack:logs", "show the rack's log", flags=(*_R, *_LOGS)),
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
    "rack scale": Command(
        "rack:scale",
        "scale the rack",
        flags=(*_RJ, COUNT, WAIT, Flag("type", "kind of the instances", "t")),
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
            Flag("approve", "carry out the plan with this hash and no other"),
            LEGACY,
            Flag("bundle", "file with a piece of the feed, for a rack that cannot reach it"),
            Flag("plan", "show what would be done, and do nothing", "", "switch"),
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
        "rack_steer:undo", "go back to where the last update began", flags=(RACK, WAIT, YES)
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
    "releases": Command("releases:index", "list releases", flags=(*_RAJ, LIMIT)),
    "releases info": Command("releases:info", "show a release", "<release>", 1, 1, _RAJ),
    "releases manifest": Command(
        "releases:manifest", "show a release's manifest", "<release>", 1, 1, _RAJ
    ),
    "releases promote": Command("releases:promote", "promote a release", "[release]", 0, 1, _RAW),
    "releases rollback": Command(
        "releases:rollback",
        "copy an old release forward and promote it",
        "<release>",
        1,
        1,
        (*_RAW, ID),
    ),
    "resources": Command("resources:index", "list resources", flags=_RAJ),
    "resources info": Command("resources:info", "show a resource", "<resource>", 1, 1, _RAJ),
    "resources url": Command("resources:url", "show a resource's URL", "<resource>", 1, 1, _RAJ),
    "restart": Command("services:restart", "restart all services of an app", flags=_RA),
    "run": Command(
        "run:run",
        "run a command in a new process",
        "<service> <command>",
        2,
        None,
        (
            *_RA,
            Flag("detach", "do not wait for it", "d", "switch"),
            Flag("entrypoint", "run it by the service's entrypoint", "e", "switch"),
            RELEASE,
            Flag("timeout", "seconds that it may run", "t", "number"),
        ),
    ),
    "scale": Command(
        "services:scale",
        "scale a service",
        "[service]",
        0,
        1,
        (
            *_RAJ,
            COUNT._replace(letter=""),
            Flag("cpu", "CPU of each process, in 1/1024", "", "number"),
            Flag("memory", "memory of each process, in MiB", "", "number"),
            WAIT,
        ),
    ),
    "services": Command("services:index", "list services", flags=_RAJ),
    "services restart": Command("services:restart", "restart a service", "<service>", 1, 1, _RA),
    "switch": Command("racks:switch", "choose the current rack", "[name]", 0, 1, (JSON,)),
    "version": Command("version:show", "show the versions of client and rack", flags=_RJ),
}
