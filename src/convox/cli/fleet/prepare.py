"""Look at all racks before one of them begins, and refuse where any could not follow."""

import re
from collections.abc import Sequence
from functools import partial

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.fleet.fleet import Fleet, Member, Seen, State
from convox.cli.fleet.look import look, planner
from convox.cli.fleet.waves import parse_sizes, split
from convox.cli.many import ask
from convox.cli.selection import known_hosts
from convox.cli.words import seconds
from convox.client.errors import ClientError

_WAVES, _SOAK = "1,10%,rest", "60s"
_VERSION = re.compile(r"\d{14}")


def prepare(call: Call) -> Fleet:
    """Look at all racks, and refuse to begin where one of them could not follow."""
    names, version = _arguments(call)
    waves = split(names, parse_sizes(call.flag("wave") or _WAVES))
    seen = ask(names, partial(look, call))
    silent = [name for name in names if seen[name].silence]
    if silent:
        raise CommandError(f"no answer from {', '.join(silent)}: name the racks to update")
    target = version or _newest(call, names)
    consents = bool(call.flag("yes"))
    _refuse(ask(names, lambda name: _objection(call, name, seen[name], target, consents)))
    members = tuple(
        Member(
            name=name,
            wave=number,
            state=State.DONE if seen[name].version == target else State.WAITING,
            version=seen[name].version,
        )
        for number, wave in enumerate(waves, 1)
        for name in wave
    )
    _tell_ahead(call, [each for each in members if seen[each.name].goes_by_itself(target)])
    return Fleet(
        target=target,
        soak=seconds(call.flag("soak") or _SOAK),
        consents=consents,
        members=members,
    )


def _tell_ahead(call: Call, members: Sequence[Member]) -> None:
    """Say which racks may not wait for their wave."""
    names = [each.name for each in members if each.wave > 1 and each.state is State.WAITING]
    if names:
        call.out.notice(
            "racks that update by themselves (AutoUpdate=on) may be ahead of their wave:"
            f" {', '.join(names)}; `convox rack update hold -r <name>` keeps one from it"
        )


def _arguments(call: Call) -> tuple[Sequence[str], str | None]:
    """Return the racks, all that are known where none is named, and the version."""
    versions = [word for word in call.arguments if _VERSION.fullmatch(word)]
    names = list(dict.fromkeys(word for word in call.arguments if word not in versions))
    known = known_hosts(call.settings)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CommandError(f"no such rack: {unknown[0]}; known are {', '.join(sorted(known))}")
    if len(versions) > 1:
        raise CommandError(f"one version expected: {' '.join(versions)}")
    if not known:
        raise CommandError("no racks found, try `convox login` or `convox rack install local`")
    return names or sorted(known), versions[0] if versions else None


def _newest(call: Call, names: Sequence[str]) -> str:
    """Return the release that is the newest for all of the racks."""

    def offered(name: str) -> str:
        check = planner(call, name).post("/system/update/check")
        return str(check["available"])

    found = ask(names, offered)
    if len(set(found.values())) > 1:
        each = ", ".join(f"{version} to {name}" for name, version in found.items())
        raise CommandError(f"racks are offered different releases: {each}; name one of them")
    return found[names[0]]


def _objection(call: Call, name: str, seen: Seen, target: str, consents: bool) -> str:  # noqa: FBT001 - as typed
    """Return why a rack could not follow; empty where it can."""
    if seen.version == target:
        return ""
    if seen.version > target:
        return f"it runs {seen.version}, which is newer than {target}"
    try:
        plan = planner(call, name).get("/system/update/plan", version=target, through=True)
    except ClientError as error:
        return str(error)
    if plan["no_return"] and not consents:
        return f"{plan['no_return']}; agree with --yes"
    return "; ".join(plan.get("refused") or [])


def _refuse(objections: dict[str, str]) -> None:
    found = [f"{name}: {why}" for name, why in objections.items() if why]
    if found:
        lines = "\n".join(f"  {line}" for line in found)
        raise CommandError(
            f"cannot update {len(found)} of {len(objections)} racks, and none was begun; name the"
            f" others to update those\n{lines}"
        )
