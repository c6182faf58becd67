"""Plan an update of the rack from its feed and its records; changes nothing but what was shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from convox.control.automatic.policy import CHANNEL
from convox.control.desired import soak_seconds
from convox.control.moves import moves
from convox.control.rack_facts import rack_facts
from convox.errors import Refused
from convox.feed.condition import Facts
from convox.feed.document import check_version
from convox.feed.fetch import FeedClient
from convox.feed.index import STABLE, Index, closed
from convox.feed.release import without
from convox.host.clock import Clock
from convox.plan.comparison import differences
from convox.plan.estimate import Interval, expected
from convox.plan.plan import Hop, Plan, from_json, to_json
from convox.plan.planner import plan
from convox.plan.route import find_route
from convox.rollout.desired import Desired
from convox.state import epochs, facts, wanted
from convox.state.lease import Lease
from convox.state.schema import shown_plans
from convox.update import journal
from convox.update.steps.preflight import Objections

LEARNT_FROM = 20  # runs of each step
_KEPT = 50  # plans that were shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A plan, with what is expected of it and what speaks against it now.

    ``rest`` are the hops of the updates after it, where it ends short of what is wanted.
    """

    plan: Plan
    rest: Sequence[Hop]
    takes: Interval
    objections: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Makes plans, and remembers those that people were shown."""

    feed: FeedClient
    lease: Lease
    clock: Clock
    objections: Objections
    engine: str
    """The kind of instances that the rack has."""
    desired: Callable[[], Desired]
    machine: Facts
    """What is known of the machine."""

    async def plan(self, version: str | None, *, through: bool) -> Plan:
        """Return what an update would do.

        Without a version it leads to the newest release, and stops where the first required one
        lies; with ``through`` it has every hop to the target.
        """
        if version is not None:
            check_version(version)
        with self.lease.database.look() as connection:
            current: str = facts.get(connection, "version")
        index = await self.feed.refresh(since=min(current, version or current))
        return await self.plan_by(index, version, through=through)

    async def plan_by(self, index: Index, version: str | None, *, through: bool) -> Plan:
        """Return the same, by an index of the feed that was read before."""
        if version is not None:
            check_version(version)
        with self.lease.database.look() as connection:
            image = wanted.image(connection)
            gone = epochs.gone(connection)
            current: str = facts.get(connection, "version")
            channel = facts.parameter(connection, CHANNEL, STABLE)
        running, desired = self.feed.kept(current), self.desired()
        route = find_route(
            running,
            index,
            target=version,
            through=through,
            channel=channel,
            gone=gone,
            closed=closed(index, self.facts()),
        )
        return plan(
            without(running, gone),
            route,
            await self.feed.releases(route.versions),
            engine=self.engine,
            image=image,
            machines=desired.instances.count,
            moves=moves(desired),
        )

    def facts(self) -> Facts:
        """Return what is known of the rack, for the conditions of releases."""
        instances = self.desired().instances.count
        with self.lease.database.look() as connection:
            return rack_facts(connection, self.machine, engine=self.engine, instances=instances)

    async def show(self, version: str | None, *, through: bool) -> Prospect:
        """Return a plan for a person, who may then have exactly this one carried out."""
        made = await self.plan(version, through=through)
        whole = await self.plan(version, through=True)
        with self.lease.database.begin() as connection:
            self._remember(connection, made)
        return Prospect(
            plan=made,
            rest=whole.hops[len(made.hops) :],
            takes=self.takes(made),
            objections=await self.objections_to(made),
        )

    def takes(self, made: Plan) -> Interval:
        """Return how long a plan should take, by what earlier ones took."""
        with self.lease.database.look() as connection:
            past = journal.past_durations(connection, limit=LEARNT_FROM)
        soak = soak_seconds(self.lease.database)
        steps = [step for hop in made.hops for step in hop.steps]
        return expected(steps, past, soak=soak, machines=made.machines)

    async def objections_to(self, made: Plan) -> Sequence[str]:
        """Return what speaks against beginning with a plan now."""
        return await self.objections(await self.feed.release(made.hops[0].target))

    def refuse_another(self, approved: str, made: Plan) -> None:
        """Fail with ``Refused``, and say how they differ, unless the plan is the approved one."""
        if made.hash.startswith(approved):
            return
        changes = "; ".join(differences(self._shown(approved), made))
        raise Refused(
            f"cannot update as approved: {changes}; look at it again with"
            " `convox rack update --plan`"
        )

    def _shown(self, approved: str) -> Plan:
        query = sa.select(shown_plans.c.content).where(shown_plans.c.hash.startswith(approved))
        with self.lease.database.look() as connection:
            found = connection.execute(query).scalars().all()
        if len(found) != 1:
            raise Refused(
                f"cannot update as approved: no plan {approved[:12]} was shown; look at the"
                " present one: the same command, with `--plan`"
            )
        return from_json(found[0])

    def _remember(self, connection: sa.Connection, made: Plan) -> None:
        connection.execute(shown_plans.delete().where(shown_plans.c.hash == made.hash))
        connection.execute(
            shown_plans.insert().values(
                hash=made.hash, content=to_json(made), created=self.clock.now()
            )
        )
        newest = sa.select(shown_plans.c.hash).order_by(shown_plans.c.created.desc()).limit(_KEPT)
        keep = connection.execute(newest).scalars().all()
        connection.execute(shown_plans.delete().where(shown_plans.c.hash.not_in(keep)))
