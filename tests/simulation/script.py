"""A history as a script: what happens to a rack, and after how many seconds, one thing a line."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from convox.feed.release import RackRelease
from convox.rollout.desired import DesiredService
from convox.testing.rollout import service
from convox.testing.simulation.feed import release
from convox.testing.simulation.flaws import Flaw
from convox.testing.simulation.strikes import Kind
from convox.update.failpoints import JOURNAL
from convox.update.update import StepEvent

EFFECTS = {
    "fetch": ("artifacts",),
    "preflight": ("objections",),
    "snapshot": ("copy",),
    "stage": ("slot", "image", "shadow"),
    "expand": ("tables",),
    "handoff": ("lease",),
    "components": ("programs", "beside", "alone"),
    "instances": ("image",),
    "soak": ("survey",),
    "commit": ("keeper", "version", "contract", "renewal", "pruning"),
}
"""What the steps change; a test holds it against the steps themselves."""

STEPS = tuple(EFFECTS)
_FORTH = ("do", StepEvent.BEGUN, StepEvent.VERIFIED)
_SHAPES: tuple[dict[str, object], ...] = (
    {},
    {"minimum": 100, "maximum": 150},
    {"minimum": 0, "maximum": 100, "singleton": True},
    {"scheme": None, "hosts": ()},
)


@dataclass(frozen=True, slots=True)
class Event:
    """After ``gap`` seconds something happens."""

    gap: float
    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((f"{self.gap:g}", *self.words))


@dataclass(frozen=True, slots=True)
class Script:
    """What happens, in order. ``is_calm``: nothing happens to apps, instances or the router."""

    events: tuple[Event, ...]

    @property
    def is_calm(self) -> bool:
        return all(event.words[0] in CALM for event in self.events)

    def without(self, position: int) -> "Script":
        """Return the script with one thing less; what follows happens when it did."""
        before, gone, after = (
            self.events[:position],
            self.events[position],
            self.events[position + 1 :],
        )
        if after:
            after = (Event(after[0].gap + gone.gap, after[0].words), *after[1:])
        return Script((*before, *after))

    def __str__(self) -> str:
        return "; ".join(map(str, self.events))


def read(text: str) -> Script:
    """Return the script that was written as text."""
    lines = [line.split() for line in text.split(";") if line.strip()]
    return Script(tuple(Event(float(gap), tuple(words)) for gap, *words in lines))


@dataclass(frozen=True, slots=True)
class Shape:
    """The rack that a history is about, and what may be published for it."""

    pace: float
    count: int
    open_for: float
    apps: dict[str, tuple[DesiredService, ...]]
    releases: tuple[RackRelease, ...]


def shape(seed: int) -> Shape:
    """Return the rack of a history."""
    dice = random.Random(f"shape {seed}")
    return Shape(
        pace=dice.choice((0.5, 1.0, 2.0, 2.0)),
        count=dice.choice((1, 2, 2, 3)),
        open_for=dice.choice((1, 1, 20, 1000)),
        apps={
            "a": (service("web", dice.choice((1, 2)), **dice.choice(_SHAPES)),),
            "b": (service("web", 1),),
        },
        releases=tuple(_releases(dice)),
    )


def _releases(dice: random.Random) -> Sequence[RackRelease]:
    """Return releases that can follow each other; the next one is always different in all."""
    found = [release("20260101000000")]
    reads, writes, image, parts = (1,), (1,), 1, 1
    for number in range(1, dice.choice((2, 3, 3, 4))):
        if number == 1 or dice.random() < 0.5:
            image += 1
        if number == 1 or dice.random() < 0.4:
            parts += 1
        if dice.random() < 0.5:
            newest = max(writes)
            reads = writes = (newest, newest + 1) if len(writes) == 1 else (newest,)
        found.append(
            release(
                f"2026010100000{number}",
                state=(reads, writes),
                image=f"img-{image}",
                components=(f"meter-{parts}",),
                wheels=("shared",),
            )
        )
    return found


def strikes() -> Sequence[tuple[str, Kind]]:
    """Return every failpoint that can be reached, with every kind of strike."""
    return [(point, kind) for point in reachable() for kind in Kind]


def reachable() -> Sequence[str]:
    """Return every failpoint that can be reached: what is committed is never undone."""
    acts = [
        (step, effect, act)
        for step, effects in EFFECTS.items()
        for effect in effects
        for act in ("do", "undo")
    ]
    acts += [(step, JOURNAL, event.value) for step in STEPS for event in StepEvent]
    return [
        f"{step}.{effect}.{act}.{moment}"
        for step, effect, act in acts
        if step != "commit" or act in _FORTH
        for moment in ("before", "after")
    ]


def script(seed: int) -> Script:
    """Return what happens in a history."""
    dice = random.Random(f"script {seed}")
    every = strikes()
    events = [
        Event(0, ("strike", *every[(3 * seed + n) % len(every)]))
        for n in range(dice.choice((0, 1, 1, 2, 3)))
    ]
    events += [event for each in events for event in provoked(each.words[1], dice)]
    events += _flaws(dice)
    wild = dice.random() < 0.5
    for _ in range(dice.choice((1, 2, 2))):
        events.append(Event(1, dice.choice((("update",), ("update",), ("update", "through")))))
        events += [_anything(dice, wild=wild) for _ in range(dice.randint(0, 4))]
        events.append(Event(60, ("resume",)))
    return Script(tuple(events))


def provoked(point: str, dice: random.Random) -> Sequence[Event]:
    """Return what makes an update turn back, where the failpoint is on the way back."""
    step, _, act, _ = point.split(".")
    if act in _FORTH:
        return []
    later = dice.choice(STEPS[STEPS.index(step) : -1])
    return [Event(0, ("strike", f"{later}.{EFFECTS[later][-1]}.do.after", Kind.FULL))]


def _flaws(dice: random.Random) -> Sequence[Event]:
    if dice.random() < 0.7:
        return []
    flaw = dice.choice((*Flaw, "idle-component", "dead-image"))
    return [Event(0, ("flaw", f"2026010100000{dice.choice((1, 1, 2))}", flaw))]


CALM = {
    "strike",
    "flaw",
    "mend",
    "update",
    "pause",
    "resume",
    "cancel",
    "kill-rackd",
    "kill-keeper",
    "power",
    "freeze",
    "full",
    "feed",
    "undo",
    "publish",
    "withdraw",
}
"""What does not touch apps, instances or the router."""

_CALM = (
    ("pause",),
    ("resume",),
    ("cancel",),
    ("kill-rackd",),
    ("kill-rackd",),
    ("kill-keeper",),
    ("power",),
    ("freeze",),
    ("full", "on"),
    ("full", "off"),
    ("feed", "off"),
    ("feed", "on"),
    ("update",),
    ("update",),
    ("undo",),
    ("publish", "20260101000005", "20260101000001"),
    ("publish", "20260101000006", "20260101000002"),
    ("withdraw", "20260101000001"),
    ("withdraw", "20260101000003"),
)
_WILD = (
    ("deploy", "a", "well"),
    ("deploy", "b", "slow"),
    ("deploy", "a", "crashing"),
    ("deploy", "b", "never"),
    ("scale", "a", "1"),
    ("scale", "a", "3"),
    ("crash",),
    ("kill-instance",),
    ("retire",),
    ("resize", "1"),
    ("resize", "3"),
    ("silent", "on"),
    ("silent", "off"),
    ("refuse",),
    ("flap",),
    ("router", "off"),
    ("router", "on"),
    ("clock", "3600"),
    ("clock", "-3600"),
    ("outage",),
)


def _anything(dice: random.Random, *, wild: bool) -> Event:
    gap = dice.choice((0.5, 1, 2, 3, 5, 8, 13, 21))
    return Event(gap, dice.choice(_CALM + _WILD if wild else _CALM))
