"""Have the engine do what is due; what fails is told, and tried again ever more slowly."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from convox.engine.engine import Engine
from convox.rollout.backoff import Backoff
from convox.rollout.effects import (
    Effect,
    LaunchInstance,
    StartProcess,
    StopProcess,
    TerminateInstance,
)
from convox.rollout.telling import RACK

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Performs effects, each on its own: one that fails or is slow to fail stops no other."""

    engine: Engine
    backoff: Backoff
    narrate: Callable[[str, str], None]

    async def act(self, effects: Iterable[Effect]) -> None:
        """Perform those effects that did not fail a moment ago."""
        async with asyncio.TaskGroup() as group:
            for effect in effects:
                if self.backoff.may_try(_key(effect)):
                    group.create_task(self._try(effect))

    async def _try(self, effect: Effect) -> None:
        try:
            await self._perform(effect)
        except Exception as error:  # noqa: BLE001 - whatever fails here must not stop the others
            _log.warning("cannot %s", _key(effect), exc_info=error)
            if self.backoff.failed(_key(effect)) == 1:
                self.narrate(_app(effect), str(error) or f"cannot {_key(effect)}: {error!r}")
        else:
            self.backoff.succeeded(_key(effect))

    async def _perform(self, effect: Effect) -> None:
        match effect:
            case StartProcess(spec=spec, instance=instance):
                await self.engine.start(spec, instance=instance)
            case StopProcess(process=process, grace=grace):
                await self.engine.stop(process, grace=grace)
            case LaunchInstance(spec=launched):
                await self.engine.launch(launched)
            case TerminateInstance(instance=instance):
                await self.engine.terminate(instance)


def _key(effect: Effect) -> str:
    match effect:
        case StartProcess(spec=spec, instance=instance):
            return f"start {spec.id} on {instance}"
        case StopProcess(process=process):
            return f"stop {process}"
        case LaunchInstance(spec=launched):
            return f"launch instance {launched.id}"
        case TerminateInstance(instance=instance):
            return f"terminate instance {instance}"


def _app(effect: Effect) -> str:
    match effect:
        case StartProcess(spec=spec):
            return spec.app
        case StopProcess(app=app):
            return app
        case LaunchInstance() | TerminateInstance():
            return RACK
