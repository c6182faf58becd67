"""``convox resources``: the databases and caches that the rack runs for an app."""

from convox.cli.call import Call


def index(call: Call) -> None:
    found = call.rack.get(call.of_app("resources"))
    rows = [(resource.get("name"), resource.get("type"), resource.get("url")) for resource in found]
    call.out.table(found, ("NAME", "TYPE", "URL"), rows)


def info(call: Call) -> None:
    resource = call.rack.get(call.of_app("resources", call.arguments[0]))
    shown = (
        ("Name", resource.get("name")),
        ("Type", resource.get("type")),
        ("URL", resource.get("url")),
    )
    call.out.record(resource, shown)


def url(call: Call) -> None:
    call.out.value(call.rack.get(call.of_app("resources", call.arguments[0])).get("url") or "")
