"""The releases of the tests' feed, each built from this source tree with something laid over it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo.stage import REPOSITORY, Stage, overlays

_PACKAGE = Path("src", "convox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a release is made of: variants, and ``said`` at the end of some files of the package."""

    version: str
    variants: tuple[str, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)


def _stirred(word: str) -> Mapping[str, str]:
    """Return what makes another agent, another component and another keeper."""
    touched = ("agent/restarts.py", "components/programs/meter.py", "keeper/log.py")
    return dict.fromkeys(touched, f"# {word}\n")


STIRRED: Mapping[str, Made] = {
    "one": Made(version="20260101000001", said=_stirred("one")),
    "two": Made(version="20260101000002", said=_stirred("two")),
    "three": Made(version="20260101000003", said=_stirred("three")),
}

# It boots as it should, also in the shadow; what has taken over answers nobody who asks for apps.
_UNWELL = """
from dataclasses import replace
from typing import Any

_assemble = assemble


def assemble(*parts: Any) -> Any:
    rack = _assemble(*parts)

    async def unwell(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") != "/apps":
            await rack.application(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"not well"})

    return replace(rack, application=unwell)
"""

# In the order of the feed.
RELEASES: Mapping[str, Made] = {
    "A": Made(version="20260101000000"),
    **STIRRED,
    "broken boot": Made(version="20260102000000", variants=("e-broken-boot",)),
    "idle component": Made(version="20260103000000", variants=("e-idle-component",)),
    "never well": Made(version="20260104000000", said={"rackd/service.py": _UNWELL}),
    "too large": Made(version="20260105000000", variants=("e-too-large",)),
    "withdrawn": Made(version="20260106000000", variants=("e-too-large",)),
    "B": Made(version="20260107000000", variants=("b",)),
    "C": Made(version="20260108000000", variants=("b", "c")),
    "D": Made(version="20260109000000", variants=("b", "c", "d")),
}

_IDLE = """

_go_on = go_on


async def go_on(run: Run, *, clock: Clock, narrate: Callable[[str], None]) -> None:
    while hasattr(run, "__self__"):  # a loop's, and not what watches the lease
        await clock.sleep(60)
    await _go_on(run, clock=clock, narrate=narrate)
"""

_FORGETFUL = """

def _apps(database: Database) -> Sequence[str]:
    return ()
"""

# Only some of the longer tests need these.
OTHERS: Mapping[str, Made] = {
    "A again": Made(version="20260101000010"),
    "idle": Made(version="20260101000011", said={"rackd/going_on.py": _IDLE}),
    "forgetful": Made(version="20260101000012", said={"rackd/steps.py": _FORGETFUL}),
}


def build(stage: Stage, name: str, made: Made) -> Path:
    """Build a release and return its directory."""
    out = stage.home / "releases" / name
    laid_over = [*overlays(made.variants), *_saying(stage, name, made.said)]
    words = ["build", REPOSITORY, "--version", made.version, "--out", out, *laid_over]
    stage.run("convox-feed", *words)
    return out


def _saying(stage: Stage, name: str, said: Mapping[str, str]) -> list[str | Path]:
    overlay = stage.home / "overlays" / name
    for file, text in said.items():
        touched = overlay / _PACKAGE / file
        touched.parent.mkdir(parents=True)
        touched.write_text((REPOSITORY / _PACKAGE / file).read_text() + text)
    return ["--overlay", overlay] if said else []
