"""Gather everything that decides about the next update."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from convox.audit import Kind
from convox.audit.history import entries
from convox.control import parameters
from convox.control.automatic import policy, reading
from convox.control.automatic.offers import target_of
from convox.control.automatic.outlook import NextHop, Outlook, Setback, UnderWay
from convox.control.automatic.setbacks import last_change, setback
from convox.control.automatic.watch import FeedWatch
from convox.control.desired import canary_seconds, desired_instances
from convox.control.planning import Planning
from convox.errors import RackError
from convox.feed.index import Index, closed
from convox.feed.release import Epochs
from convox.plan.estimate import Interval
from convox.plan.plan import Plan
from convox.rollout import deployments, records
from convox.rollout.rolling import rolled
from convox.state import epochs, facts
from convox.update import journal
from convox.update.survey import Survey, ailments
from convox.update.update import Update, UpdateState

_TRIED = 10  # updates that are looked through for what failed


@dataclass(slots=True, kw_only=True)
class Lookout:
    """Takes an outlook: what is cheap to know each time, the rest only where it decides."""

    planning: Planning
    watch: FeedWatch
    survey: Callable[[], Awaitable[Survey]]
    rack: Callable[[], str]
    """The rack's id."""
    _planned: tuple[Index, Hashable, NextHop] | None = field(default=None)

    async def outlook(self) -> Outlook:
        """Look at the records and at what was seen of the feed."""
        seen, moment = self._seen()
        index, target = self.watch.index, target_of(seen)
        if index is None or target is None:
            return seen
        return replace(seen, next_hop=await self._next_hop(index, target, moment))

    def at_once(self, before: Outlook | None) -> Outlook:
        """Look without waiting: what takes time is from ``before``, where that still holds."""
        seen, _ = self._seen()
        hop = before.next_hop if before and before.running == seen.running else None
        if before is None or hop is None or hop.wanted != target_of(seen):
            return seen
        return replace(
            seen,
            next_hop=hop,
            is_surveyed=before.is_surveyed,
            ailments=before.ailments,
            objections=before.objections,
        )

    def _seen(self) -> tuple[Outlook, Hashable]:
        """Return what is cheap to know, and how far the records were."""
        now, index = self.planning.clock.now(), self.watch.index
        with self.planning.lease.database.look() as connection:
            seen = Outlook(
                now=now,
                running=facts.get(connection, "version"),
                policy=policy.read(parameters.get_all(connection)),
                feed=self.watch.state,
                setback=_setback(connection),
                under_way=_under_way(journal.active(connection)),
                deploying=tuple(
                    each.app for each in deployments.every(connection) if each.is_active
                ),
                is_at_rest=rolled(
                    desired_instances(connection),
                    records.instances(connection),
                    records.processes(connection),
                ),
            )
            gone = epochs.gone(connection)
            moment = self.planning.lease.database.moment(connection)
        if index is None:
            return seen, moment
        return self._offered(seen, index, gone), moment

    def _offered(self, seen: Outlook, index: Index, gone: Mapping[str, Epochs]) -> Outlook:
        channel, running = seen.policy.channel, seen.running
        closing = closed(index, self.planning.facts())
        return replace(
            seen,
            offers=reading.offers(
                index,
                channel=channel,
                running=running,
                rack=self.rack(),
                closed=closing,
                gone=gone,
            ),
            withdrawn=reading.withdrawn(index, running),
            older=reading.older(index, channel=channel, running=running, closed=closing),
        )

    def ahead(self, made: Plan) -> tuple[str, ...]:
        """Return what a person's update goes ahead of, in words."""
        with self.planning.lease.database.look() as connection:
            channel = policy.read(parameters.get_all(connection)).channel
        return reading.ahead(
            self.planning.feed.seen,
            (hop.target for hop in made.hops),
            channel=channel,
            rack=self.rack(),
            now=self.planning.clock.now(),
        )

    async def closer(self, outlook: Outlook) -> Outlook:
        """Look at the apps, the resources and the machine as well."""
        hop = outlook.next_hop
        if hop is None:
            return outlook
        surveyed = replace(outlook, is_surveyed=True, ailments=await self.ailments())
        if surveyed.ailments:
            return surveyed
        return replace(surveyed, objections=tuple(await self._objections(hop.target)))

    async def ailments(self) -> tuple[str, ...]:
        """Return what is not well with the apps, the resources or the API."""
        return ailments(await self.survey())

    async def _objections(self, target: str) -> Sequence[str]:
        try:
            return await self.planning.objections(await self.planning.feed.release(target))
        except RackError as error:
            return [str(error)]

    async def _next_hop(self, index: Index, target: str, moment: Hashable) -> NextHop:
        """Plan, unless neither the feed nor the records have changed since."""
        planned, now = self._planned, (target, moment)
        if planned is None or planned[0] is not index or planned[1] != now:
            planned = self._planned = index, now, await self._plan(index, target)
        return planned[2]

    def _takes(self, made: Plan) -> Interval:
        """Return how long it should take: each instance may hold what has to prove itself first."""
        with self.planning.lease.database.look() as connection:
            canary = canary_seconds(connection, policy.AUTOMATIC)
        longest = canary * (made.machines + 1) if made.machines else 0.0
        return self.planning.takes(made) + Interval(low=0.0, high=longest)

    async def _plan(self, index: Index, target: str) -> NextHop:
        try:
            made = await self.planning.plan_by(index, target, through=False)
        except RackError as error:
            return NextHop(wanted=target, target=target, refusal=str(error))
        return NextHop(
            wanted=target,
            target=made.target,
            takes=self._takes(made),
            no_return=made.no_return,
        )


def _setback(connection: sa.Connection) -> Setback | None:
    tried = journal.newest(connection, limit=_TRIED)
    ends = [update.ended for update in tried if update.ended is not None]
    if not ends:
        return None
    set_since = entries(connection, since=max(ends), kind=Kind.PARAMETER)
    return setback(tried, facts.get(connection, "version"), last_change(set_since))


def _under_way(update: Update | None) -> UnderWay | None:
    if update is None:
        return None
    return UnderWay(
        target=update.target,
        asked_by=update.asked_by,
        is_paused=update.state is UpdateState.PAUSED,
        cause=update.cause if update.state is UpdateState.FAILED else "",
    )
