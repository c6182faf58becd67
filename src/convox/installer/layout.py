"""The home of a rack, as it is before anything runs."""

import shutil
from pathlib import Path

from convox.host.ids import IdSource, password
from convox.installer.settings import Settings
from convox.state import rackfile
from convox.state.rackfile import RackFile

OWN = ("state", "feed", "keeper")
# Those that the users of apps and of the router pass; what lies below says who may read it.
PASSABLE = (
    *("components", "images", "instances", "logs", "resources", "router"),
    *("run", "slots", "slugs", "store"),
)

_GOING = "slots.going"


def lay_out(home: Path, settings: Settings, ids: IdSource) -> RackFile:
    """Make the home, which is not there yet, and return the facts that it begins with."""
    for directory in reversed(home.parents):
        if not directory.exists():
            directory.mkdir()
            directory.chmod(0o755)
    home.mkdir()
    home.chmod(0o711)
    for name in OWN:
        (home / name).mkdir(mode=0o700)
    for name in PASSABLE:
        (home / name).mkdir()
        (home / name).chmod(0o711)
    facts = RackFile(
        name=settings.name,
        database=settings.database or f"sqlite:///{home / 'state' / 'rack.db'}",
        password=password(ids),
        feed=settings.feed,
        listen=settings.listen,
        http_port=settings.ports["HttpPort"],
        https_port=settings.ports["HttpsPort"],
        api_port=settings.ports["ApiPort"],
        domain=settings.domain,
        app_user=settings.app_user,
    )
    rackfile.save(home, facts)
    return facts


def clear_away(home: Path) -> None:
    """Remove the home with all that is in it, as far as it was made.

    What says which rack it was, and that it is being removed, goes last: one that was cut off can
    be gone on with.
    """
    if not home.exists():
        return
    slots, going = home / "slots", home / _GOING
    if slots.exists() and not going.exists():
        slots.rename(going)  # a full disk has room for that
    for each in home.iterdir():
        if each.is_dir() and each != going:
            shutil.rmtree(each)
    shutil.rmtree(home)


def is_going(home: Path) -> bool:
    """Say whether it is being removed, and hence nothing of it runs."""
    return (home / _GOING).exists()
