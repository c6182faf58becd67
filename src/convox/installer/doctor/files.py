"""What lies below the home. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from convox.installer.doctor.facts import Facts
from convox.installer.doctor.finding import Finding, ok, warning, wrong

_SOON = timedelta(days=14)  # the rack renews its certificates 30 days before they end


def records(facts: Facts) -> Iterator[Finding]:
    """The database is sound."""
    if facts.files.records:
        yield wrong("records", facts.files.records, facts.files.way_back)
    else:
        yield ok("records", "they are sound")


def state(facts: Facts) -> Iterator[Finding]:
    """The small files of state can be read."""
    for path, how in facts.files.small.items():
        repair = f"`convox rack repair {facts.name}` does so now"
        remedy = f"the rack mends it by itself when it starts; {repair}"
        yield warning("state", f"{path.relative_to(facts.home)}: {how}", remedy)
    if not facts.files.small:
        yield ok("state", "every file can be read")


def software(facts: Facts) -> Iterator[Finding]:
    """Slots, images and artifacts are what they were."""
    remedy = f"build it anew with `convox rack repair {facts.name}`"
    for version, how in facts.files.slots.items():
        yield wrong(f"slot {version}", how, remedy)
    for image, how in facts.files.images.items():
        yield wrong(f"image {image}", how, remedy)
    for name in facts.files.store:
        yield warning("store", f"{name} is damaged or missing", remedy)
    if not (facts.files.slots or facts.files.images or facts.files.store):
        yield ok("software", "slots, images and artifacts are whole")


def certificates(facts: Facts) -> Iterator[Finding]:
    """No certificate has ended, or will soon."""
    log = f"see `convox rack logs -r {facts.name}`"
    remedy = f"it is made anew when the router is next changed; {log}"
    bad = False
    for name, ends in facts.files.certificates.items():
        if ends is None or facts.age(ends) > -_SOON:
            bad = True
            found = "it cannot be read" if ends is None else f"it ends {ends:%Y-%m-%d}"
            yield wrong(f"certificate {name}", found, remedy)
    if facts.files.certificates and not bad:
        first = min(ends for ends in facts.files.certificates.values() if ends)
        yield ok("certificates", f"the first ends {first:%Y-%m-%d}")


def leftovers(facts: Facts) -> Iterator[Finding]:
    """Nothing half done is left."""
    latest = facts.records.update if facts.records else None
    if latest and latest.is_active:
        return  # It is what the update is making.
    for path in facts.files.leftovers:
        found = f"{path.relative_to(facts.home)} was left half done, or put aside"
        yield warning("leftover", found, f"rm -r {path}")
