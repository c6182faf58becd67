"""Every command: where it lives, what it is for, how many arguments and which flags it takes.

Those about racks and about who is told of updates have tables of their own.
"""

from convox.cli.command import (
    APP,
    COUNT,
    ID,
    JSON,
    LIMIT,
    LOGS,
    PROMOTE,
    RACK,
    RELEASE,
    WAIT,
    Command,
)
from convox.cli.grammar import Flag
from convox.cli.notification_table import NOTIFICATION_COMMANDS
from convox.cli.rack_table import RACK_COMMANDS

_R = (RACK,)
_RJ = (RACK, JSON)
_RA = (RACK, APP)
_RAJ = (RACK, APP, JSON)
_RAW = (RACK, APP, WAIT)
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
    **RACK_COMMANDS,
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
    "logs": Command("logs:show", "show an app's log", flags=(*_RA, *LOGS)),
    "ps": Command(
        "processes:index",
        "list an app's processes",
        flags=(*_RAJ, RELEASE, Flag("service", "name of the service", "s")),
    ),
    "ps info": Command("processes:info", "show a process", "<pid>", 1, 1, _RAJ),
    "ps stop": Command("processes:stop", "stop a process", "<pid>", 1, 1, _RA),
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
    "version": Command("version:show", "show the versions of client and rack", flags=_RJ),
}
