"""``convox racks|switch|login``: which racks we know, and which one commands are for."""

import hashlib
from functools import partial

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.machine import is_terminal
from convox.cli.many import ask, rack_named
from convox.cli.selection import chosen_name, default_host, known_hosts, name_of
from convox.cli.settings import AUTH, HOST, RACK, RACKS, SELF_MANAGED
from convox.cli.unseen import prompt, unseen
from convox.client.connection import presented
from convox.client.endpoint import Endpoint
from convox.client.errors import Answered, ClientError, Untrusted
from convox.client.rack import Rack


def index(call: Call) -> None:
    """List every rack that we know; what a rack does not tell is a dash."""
    names = sorted(known_hosts(call.settings))
    found = [{"name": name, **told} for name, told in ask(names, partial(_look, call)).items()]
    _tell_waves(call, found)
    columns = ("NAME", "STATUS", "VERSION", "NEWEST", "STATE", "NEXT")
    rows = [[rack[column.lower()] or "-" for column in columns] for rack in found]
    call.out.table(found, columns, rows)


def switch(call: Call) -> None:
    settings, machine = call.settings, call.machine
    if not call.arguments:
        current = chosen_name(settings, machine, "")
        host = default_host(settings, machine)
        call.out.value(current or name_of(settings, host) or host)
        return
    known = known_hosts(settings)
    name = _match(list(known), call.arguments[0])
    settings.write(HOST, known[name])
    settings.put(RACKS, known[name], name)
    call.out.line(f"Switched to {name}")


def login(call: Call) -> None:
    host = call.arguments[0] if call.arguments else default_host(call.settings, call.machine)
    if not host:
        raise CommandError("1 arg required: the host of the rack, such as 127.0.0.1:5443")
    password = unseen(call, call.flag("password"), "password")
    endpoint = Endpoint(host=host, password=_ask(call) if password is None else password)
    call.out.start(f"Authenticating with {host}")
    rack = call.choose(_trusted(call, endpoint))
    try:
        rack.reach("/auth")
    except Answered as error:
        raise CommandError("invalid login" if error.status == 401 else str(error)) from error
    is_known = bool(call.settings.certificate(host))
    _remember(call, rack)
    call.out.ok()
    if not is_known and rack.endpoint.certificate:
        _tell(call, rack.endpoint)


def _look(call: Call, name: str) -> dict[str, str]:
    """Return what a rack says of itself and of its next update."""
    told = dict.fromkeys(("status", "version", "newest", "state", "next"), "")
    try:
        rack = rack_named(call, name)
        system = rack.get("/system")
        told |= {"status": system["status"], "version": system.get("version") or ""}
        if "next" in system:
            check = rack.get("/system/update/check")
            told |= {
                "newest": check["available"] if check["feed"]["seen"] else "",
                "state": "withdrawn" if check["alarm"] else check["next"]["reason"],
                "next": check["alarm"] or check["next"]["line"],
            }
    except (ClientError, KeyError, TypeError):
        told["status"] = told["status"] or "unknown"
    return told


def _tell_waves(call: Call, found: list[dict[str, str]]) -> None:
    """Say of the racks of an update in waves why they do not run its target."""
    from convox.cli.fleet.fleet import concerns, explain
    from convox.cli.fleet.kept import last

    fleet = last(call)
    if fleet is None:
        return
    members = {member.name: member for member in fleet.members}
    for rack in found:
        member = members.get(rack["name"])
        if member is None or not concerns(fleet, member, rack["version"]):
            continue
        why = explain(fleet, member)
        if why:
            rack["next"] = f"{why}; {rack['next']}" if rack["next"] else why


def _match(names: list[str], wanted: str) -> str:
    """Return the name that is wanted, or the only one with the wanted text in it."""
    found = [wanted] if wanted in names else [name for name in sorted(names) if wanted in name]
    if not found:
        raise CommandError(f"rack not found: {wanted}; known are {', '.join(sorted(names))}")
    if len(found) > 1:
        raise CommandError(f"ambiguous rack name: {wanted} matches {', '.join(found)}")
    return found[0]


def _ask(call: Call) -> str:
    if not is_terminal(call.machine.stdin):
        raise CommandError(
            "password required: give it with --password; - reads it from standard input"
        )
    return prompt("password")


def _trusted(call: Call, endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with the certificate to trust: the pinned one, else what it shows.

    A certificate that the machine's authorities vouch for needs no pin.
    """
    pinned = endpoint._replace(certificate=call.settings.certificate(endpoint.host))
    try:
        call.choose(pinned).reach("/check")
    except Untrusted:
        if pinned.certificate:
            raise
    except Answered:
        pass
    else:
        return pinned
    import ssl

    return endpoint._replace(certificate=ssl.DER_cert_to_PEM_cert(presented(endpoint)))


def _tell(call: Call, endpoint: Endpoint) -> None:
    import ssl

    shown = ssl.PEM_cert_to_DER_cert(endpoint.certificate)
    fingerprint = hashlib.sha256(shown).hexdigest().upper()
    spaced = ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2))
    call.out.notice(f"from now on {endpoint.host} is trusted by its certificate, SHA-256 {spaced}")


def _remember(call: Call, rack: Rack) -> None:
    settings, endpoint = call.settings, rack.endpoint
    if endpoint.certificate:
        settings.write(settings.certificate_name(endpoint.host), endpoint.certificate)
    settings.put(AUTH, endpoint.host, endpoint.password)
    settings.write(HOST, endpoint.host)
    settings.remove(RACK)
    try:
        name = rack.get("/system")["name"]
    except (ClientError, KeyError, TypeError):
        return
    if settings.map(SELF_MANAGED).setdefault(name, endpoint.host) == endpoint.host:
        settings.put(SELF_MANAGED, name, endpoint.host)
    else:
        call.out.notice(f"another rack is known as {name}: name this one {endpoint.host}")
