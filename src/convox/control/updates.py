"""Plan an update of the rack, and start it. Every way in to an update leads through here."""

import asyncio
import string
from dataclasses import dataclass

from convox.errors import Refused
from convox.feed.document import check_version
from convox.feed.fetch import FeedClient
from convox.host.clock import Clock
from convox.host.ids import IdSource
from convox.plan.plan import Plan, to_json
from convox.plan.planner import documents_needed, plan
from convox.state import facts, wanted
from convox.state.lease import Lease
from convox.update import journal
from convox.update.steps.preflight import Objections
from convox.update.update import Update

ENGINE = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """What people ask of the updater."""

    feed: FeedClient
    lease: Lease
    clock: Clock
    ids: IdSource
    objections: Objections
    wanted: asyncio.Event
    """Set when there is an update to carry out."""

    async def plan(self, version: str | None, *, through: bool) -> Plan:
        """Return what an update would do; changes nothing.

        Without a version it leads to the newest release, and stops where the first required one
        lies; with ``through`` it has every hop to the target.
        """
        index = await self.feed.refresh()
        running = self.feed.kept(self.version())
        if version is not None:
            check_version(version)
        needed = documents_needed(index, running=running.version, target=version)
        documents = {each: await self.feed.release(each) for each in needed}
        with self.lease.database.begin() as connection:
            image = wanted.image(connection)
        return plan(
            running, index, documents, target=version, through=through, engine=ENGINE, image=image
        )

    async def start(
        self,
        version: str | None,
        *,
        through: bool = False,
        approved: str | None = None,
        asked_by: str,
    ) -> Update:
        """Begin an update, or refuse it and change nothing.

        ``approved`` is the hash of the plan that a person agreed to; another plan is refused.
        """
        self._refuse_second()
        made = await self.plan(version, through=through)
        if approved is not None and approved != made.hash:
            raise Refused(
                f"cannot update as approved: the plan is now {made.hash[:12]} and not"
                f" {approved[:12]}; look at it again with `convox rack update --plan`"
            )
        objections = await self.objections(await self.feed.release(made.hops[0].target))
        if objections:
            raise Refused(f"cannot update to {made.hops[0].target}: {'; '.join(objections)}")
        update = self._begin(made, asked_by)
        self.wanted.set()
        return update

    def latest(self) -> Update | None:
        """Return the newest update, whatever became of it."""
        with self.lease.database.look() as connection:
            return journal.latest(connection)

    def active(self) -> bool:
        """Say whether an update is being carried out."""
        with self.lease.database.begin() as connection:
            return journal.active(connection) is not None

    def version(self) -> str:
        """Return the version that was committed last."""
        with self.lease.database.look() as connection:
            version: str = facts.get(connection, "version")
            return version

    def _begin(self, made: Plan, asked_by: str) -> Update:
        with self.lease.fenced() as connection:
            return journal.begin(
                connection,
                id="U" + self.ids.new(string.ascii_uppercase, 10),
                origin=made.running,
                target=made.hops[-1].target,
                plan=to_json(made),
                steps=[
                    (number, step) for number, hop in enumerate(made.hops) for step in hop.steps
                ],
                now=self.clock.now(),
                asked_by=asked_by,
            )

    def _refuse_second(self) -> None:
        with self.lease.database.begin() as connection:
            journal.refuse_second(connection)
