"""Scenarios of a rollout: what people ask for on the left, what then happens on the right.

``+`` begins, ``=`` is healthy or ready, ``-`` is unwanted, ``~`` ends, ``.`` is gone, ``!`` is
lost; ``2@b`` is a process of release 2 on the second instance, ``d`` is the fourth instance.
A line that begins with ``|`` goes on with the one before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from convox.engine.engine import InstanceId
from convox.rollout import records
from convox.rollout.desired import DesiredService
from convox.state.database import Database
from convox.testing.program import Behaviour
from convox.testing.rollout import SimulatedRollout, service

_BEHAVIOURS: Mapping[str, Behaviour] = {
    "crashes": Behaviour(crash_after=0.5),
    "hangs": Behaviour(healthy_after=None),
    "slow": Behaviour(healthy_after=20),
    "well": Behaviour(),
}
_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "singleton": {"singleton": True, "minimum": 0, "maximum": 100},
    "agent": {"agent": True, "minimum": 0, "maximum": 100},
    "tight": {"minimum": 50, "maximum": 100},
    "worker": {"scheme": None, "hosts": ()},
    "brief": {"drain": 3},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Lines of ``what is asked | what happens``, on a rack whose instances a, b, c are ready."""

    name: str
    lines: str
    state: str = "done"
    waits: str = ""
    """What the roll waits for at the end."""
    cut: int = 0
    """How many requests are cut."""


async def play(scenario: Scenario) -> None:
    """Ask for what the scenario says, and see that it goes as told."""
    rollout = SimulatedRollout(database=Database("sqlite:///:memory:"))
    await rollout.settle()
    rollout.take_trace()
    for asked, expected in _lines(scenario):
        await _ask(rollout, asked.split())
        assert rollout.take_trace() == expected, asked
    assert rollout.state("app")[0] == scenario.state
    assert len(rollout.router.violations) == scenario.cut
    assert _waits(rollout) == scenario.waits


def _waits(rollout: SimulatedRollout) -> str:
    """Return what the roll waits for, with the names that a trace has for things."""
    text = rollout.driver.progress().blocker.partition(" since")[0]
    for instance, letter in rollout.letters.items():
        text = text.replace(instance, letter)
    for process in rollout.processes():
        text = text.replace(process.id, process.release)
    return text


def _lines(scenario: Scenario) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, scenario.lines.splitlines())):
        asked, _, expected = map(str.strip, line.partition("|"))
        if asked:
            found.append((asked, expected))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]} {expected}")
    return found


async def _ask(rollout: SimulatedRollout, words: list[str]) -> None:
    """Carry out one line; ``wait SECONDS`` before it cuts short what would else settle."""
    match words:
        case ["wait", seconds, *rest]:
            _carry_out(rollout, rest)
            await rollout.pass_time(float(seconds))
        case _:
            _carry_out(rollout, words)
            await rollout.settle()


def _carry_out(rollout: SimulatedRollout, words: list[str]) -> None:
    match words:
        case ["deploy", release, *services]:
            rollout.deploy("app", release, *map(_service, services))
        case ["scale", name, count]:
            rollout.scale("app", name, int(count))
        case ["restart"]:
            rollout.restart("app")
        case ["behave", release, behaviour]:
            rollout.behaviours[release] = _BEHAVIOURS[behaviour]
        case ["use", seconds]:
            rollout.router.hold("web.app", float(seconds))
        case ["rackd"]:
            rollout.restart_rackd()
        case [("kill" | "retire" | "cordon" | "uncordon" | "stop") as verb, letter]:
            instances = {letter: instance for instance, letter in rollout.letters.items()}
            _do_to(rollout, verb, instances[letter])
        case _:
            _set(rollout, words)


def _do_to(rollout: SimulatedRollout, verb: str, instance: str) -> None:
    match verb:
        case "kill":
            rollout.engine.kill(InstanceId(instance))
        case "retire":
            rollout.retire(instance)
        case "cordon" | "uncordon":
            rollout.cordon(instance, cordoned=verb == "cordon")
        case _:
            _stop(rollout, instance)


def _stop(rollout: SimulatedRollout, instance: str) -> None:
    """Stop every process of an instance as a person does."""
    with rollout.database.begin() as connection:
        for process in rollout.processes():
            if process.instance == instance:
                records.discard_process(connection, process.id, rollout.clock.now())


def _set(rollout: SimulatedRollout, words: list[str]) -> None:
    match words:
        case ["image", image]:
            rollout.image, rollout.engine.boot = image, 3
        case ["broken", image]:
            rollout.image, rollout.engine.boot = image, 1e6
        case ["mended"]:
            rollout.engine.boot = 3
        case [("count" | "batch" | "limit" | "canary") as name, number]:
            setattr(rollout, name, int(number))
        case [("hold" | "release") as word]:
            rollout.held = word == "hold"
        case []:
            pass
        case _:
            raise AssertionError(words)


def _service(text: str) -> DesiredService:
    name, count, *settings = text.split(":")
    return service(
        name, int(count), **{k: v for key in settings for k, v in _SETTINGS[key].items()}
    )
