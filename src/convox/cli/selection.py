"""Which rack a command is for.

``RACK_URL`` is an answer by itself. Otherwise a rack's name is looked for: ``--rack``,
``CONVOX_RACK``, ``./.convox2/rack``, what ``switch`` chose. A name that was installed here or
logged in to selects its host. Without a name the current host counts, and one rack that is the only
one known needs no naming.
"""

from convox.cli.errors import CommandError
from convox.cli.machine import Machine
from convox.cli.settings import AUTH, HOST, RACK, RACKS, SELF_MANAGED, Settings
from convox.client.endpoint import Endpoint, parse


def select(settings: Settings, machine: Machine, wanted: str) -> Endpoint:
    """Return the endpoint of the rack that a command is for; ``wanted`` is ``--rack``, or blank."""
    url = machine.variable("RACK_URL")
    if url:
        return _of_url(settings, machine, url, wanted)
    return endpoint_of(settings, machine, chosen_name(settings, machine, wanted))


def endpoint_of(settings: Settings, machine: Machine, name: str) -> Endpoint:
    """Return the endpoint of the rack of this name, or of the only one that is meant."""
    host = _host(settings, machine, name)
    return Endpoint(
        host=host,
        password=_password(settings, machine, host),
        rack=name or name_of(settings, host),
        certificate=settings.certificate(host),
    )


def chosen_name(settings: Settings, machine: Machine, wanted: str) -> str:
    """Return the name of the rack that was asked for or switched to, blank for none."""
    return (
        wanted
        or machine.variable("CONVOX_RACK")
        or settings.project(RACK)
        or settings.map(RACKS).get(default_host(settings, machine), "")
        or settings.text(RACK)
    )


def default_host(settings: Settings, machine: Machine) -> str:
    """Return the current host, blank for none."""
    return machine.variable("CONVOX_HOST") or settings.text(HOST)


def known_hosts(settings: Settings) -> dict[str, str]:
    """Return every rack we know, its host by its name; a host without a name stands for itself."""
    named = settings.map(SELF_MANAGED)
    return named | {host: host for host in settings.map(AUTH) if host not in named.values()}


def name_of(settings: Settings, host: str) -> str:
    """Return the name by which a host is known, blank for none."""
    return next((name for name, at in settings.map(SELF_MANAGED).items() if at == host), "")


def is_of_this_machine(machine: Machine, name: str) -> bool:
    """Say whether the rack is installed on this machine."""
    if not name or "/" in name:
        return False
    home = machine.variable("HOME") or "/"
    parents = [
        machine.variable("CONVOX_RACKS"),
        "/var/lib/convox/racks",
        machine.path(home, ".local/share/convox/racks"),
    ]
    return any(parent and machine.exists(machine.path(parent, name)) for parent in parents)


def _of_url(settings: Settings, machine: Machine, url: str, wanted: str) -> Endpoint:
    try:
        endpoint = parse(url)
    except ValueError as error:
        raise CommandError(f"cannot use RACK_URL: {error}") from error
    name = wanted or machine.variable("CONVOX_RACK") or settings.project(RACK)
    return endpoint._replace(rack=name, certificate=settings.certificate(endpoint.host))


def _host(settings: Settings, machine: Machine, name: str) -> str:
    known = known_hosts(settings)
    if name in known:
        return known[name]
    host = default_host(settings, machine)
    if host and (not name or "/" in name or machine.variable("CONVOX_HOST")):
        return host
    if name and known:
        raise CommandError(f"no such rack: {name}; known are {', '.join(sorted(known))}")
    if len(known) == 1:
        return next(iter(known.values()))
    if known:
        raise CommandError(
            f"several racks are known: {', '.join(sorted(known))};"
            " name one with --rack, or choose one with `convox switch`"
        )
    raise CommandError("no racks found, try `convox login` or `convox rack install local`")


def _password(settings: Settings, machine: Machine, host: str) -> str:
    given = machine.variable("CONVOX_PASSWORD")
    if given and host == default_host(settings, machine):
        return given
    return settings.map(AUTH).get(host, "")
