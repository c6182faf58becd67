"""Start an update of the rack, and steer it. Every way in to an update leads through here."""

import asyncio
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from convox.audit import Kind, append
from convox.control.automatic.policy import ASK, CONSENT, PASS
from convox.control.desired import soak_seconds
from convox.control.planning import LEARNT_FROM, Planning, Prospect
from convox.control.update_status import UpdateStatus, update_status
from convox.errors import RackError, Refused
from convox.host.clock import Clock
from convox.host.ids import IdSource
from convox.plan.plan import Plan, to_json
from convox.state import facts
from convox.state.lease import Lease
from convox.update import journal
from convox.update.update import FORWARD, Update, UpdateEvent, UpdateState, called_off_by

_KINDS: Mapping[UpdateEvent, Kind] = {
    UpdateEvent.PAUSED: Kind.PAUSED,
    UpdateEvent.RESUMED: Kind.RESUMED,
    UpdateEvent.CALLED_OFF: Kind.CANCELLED,
}


def nothing() -> str:
    """Return that nothing has come up."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """What people ask of the updater; ``asked_by`` is who does."""

    planning: Planning
    lease: Lease
    clock: Clock
    ids: IdSource
    waits_for: Callable[[Update], str]
    """What holds up an update at this moment; empty where nothing does."""
    lingering: Callable[[], Sequence[str]]
    """What instances that were replaced still wait for, after their roll has ended."""
    wanted: asyncio.Event
    """Set when there is an update to carry out, or to look at again."""

    async def start(
        self,
        version: str | None,
        *,
        through: bool = False,
        approved: str | None = None,
        consents: bool = False,
        unless: Callable[[], str] = nothing,
        asked_by: str,
    ) -> Update:
        """Begin an update, or refuse it and change nothing.

        ``approved`` is the hash of the plan that a person agreed to, or its beginning; another plan
        is refused. Whoever ``consents`` accepts that there may be no way back. ``unless`` says what
        has come up while the plan was made, blank for nothing.
        """
        try:
            made = await self._approve(version, through=through, approved=approved)
            self._refuse_without_return(made, consents=consents)
            if reason := unless():
                raise Refused(f"cannot update to {made.target} any more: {reason}")
        except RackError as refusal:
            text = f"update to {version or 'the newest'}: {refusal}"
            with self.lease.fenced() as connection:
                self._write_history(connection, Kind.REFUSED, text, asked_by)
            raise
        with self.lease.fenced() as connection:
            update = self._begin(connection, made, asked_by)
            if consents and made.no_return:
                text = f"update to {made.target} without a way back: {made.no_return}"
                self._write_history(connection, Kind.OVERRIDE, text, asked_by)
        self.wanted.set()
        return update

    def pause(self, *, asked_by: str) -> Update:
        """Let the step under way end, and no other begin; a roll takes no further instance."""
        with self.lease.fenced() as connection:
            update = self._steerable(connection, "pause")
            if update.state is UpdateState.PAUSED:
                raise Refused(
                    "cannot pause the update: it is paused already; go on with `convox rack update"
                    " resume`"
                )
            return self._record(connection, update, UpdateEvent.PAUSED, asked_by)

    def resume(self, *, asked_by: str) -> Update:
        """Let a paused update go on."""
        with self.lease.fenced() as connection:
            update = self._steerable(connection, "resume")
            if update.state is not UpdateState.PAUSED:
                raise Refused(
                    "cannot resume the update: it is not paused; `convox rack update status` says"
                    " where it stands"
                )
            return self._record(connection, update, UpdateEvent.RESUMED, asked_by)

    def cancel(self, *, asked_by: str) -> Update:
        """Turn the active update back, from the middle of whatever step it is in."""
        with self.lease.fenced() as connection:
            update = self._steerable(connection, "cancel")
            if update.is_committing:
                raise Refused(
                    f"cannot cancel the update: its commit to {update.target} has begun; when it"
                    " has ended, go back with `convox rack update undo`"
                )
            return self._record(connection, update, UpdateEvent.CALLED_OFF, asked_by)

    async def undo(
        self, *, approved: str | None = None, consents: bool = False, asked_by: str
    ) -> Update:
        """Go back to where the latest update began, whether it has ended or not."""
        update = self._to_undo()
        if update.is_active and not approved:
            return self.cancel(asked_by=asked_by)
        return await self.start(
            update.origin, approved=approved, consents=consents, asked_by=asked_by
        )

    async def show_undo(self) -> Prospect:
        """Return the way back for a person, who may then have exactly this one carried out."""
        update = self._to_undo()
        if update.is_active:
            raise Refused(
                f"cannot plan to undo the update to {update.target}: it is under way, and goes back"
                f" to {update.returns_to} by the steps it came; `convox rack update undo` begins it"
            )
        return await self.planning.show(update.origin, through=False)

    def acknowledge(self, *, asked_by: str) -> Update:
        """Note that a person knows how the latest update ended; it is not shown any more."""
        with self.lease.fenced() as connection:
            update = journal.latest(connection)
            if update is None or update.is_active:
                raise Refused("cannot acknowledge the update: none has ended")
            journal.acknowledge(connection, update)
            return journal.load(connection, update.id)

    def status(self) -> UpdateStatus | None:
        """Return how the latest update is doing; ``None`` where there was none."""
        with self.lease.database.look() as connection:
            update = journal.latest(connection)
            past = journal.past_durations(connection, limit=LEARNT_FROM)
        if update is None:
            return None
        waits_for = self.waits_for(update) if update.is_active else ""
        soak = soak_seconds(self.lease.database)
        now = self.clock.now()
        return update_status(update, now=now, waits_for=waits_for, past=past, soak=soak)

    def examine(self) -> UpdateStatus | None:
        """Return the same, and of an update that is done what it could not end yet."""
        found = self.status()
        if found is None or found.update.state is not UpdateState.DONE:
            return found
        return replace(found, waits_for="; ".join(self.lingering()))

    def latest(self) -> Update | None:
        """Return the newest update, whatever became of it."""
        with self.lease.database.look() as connection:
            return journal.latest(connection)

    def version(self) -> str:
        """Return the version that was committed last."""
        with self.lease.database.look() as connection:
            version: str = facts.get(connection, "version")
            return version

    def _to_undo(self) -> Update:
        update = self.latest()
        if update is None:
            raise Refused("cannot undo the update: this rack was never updated")
        if update.state is UpdateState.UNDONE:
            raise Refused(f"cannot undo the update to {update.target}: it was undone already")
        return update

    async def _approve(self, version: str | None, *, through: bool, approved: str | None) -> Plan:
        self._refuse_second()
        made = await self.planning.plan(version, through=through)
        if approved:
            self.planning.refuse_another(approved, made)
        objections = await self.planning.objections_to(made)
        if objections:
            raise Refused(f"cannot update to {made.hops[0].target}: {'; '.join(objections)}")
        return made

    def _refuse_without_return(self, made: Plan, *, consents: bool) -> None:
        with self.lease.database.look() as connection:
            policy = facts.parameter(connection, CONSENT, ASK)
        if made.no_return and not consents and policy != PASS:
            raise Refused(
                f"cannot update to {made.target} without consent: {made.no_return}; agree with"
                f" --yes, or for every update with the rack's parameter {CONSENT}={PASS}"
            )

    def _begin(self, connection: sa.Connection, made: Plan, asked_by: str) -> Update:
        if facts.get(connection, "version") != made.running:
            raise Refused("cannot update: another update has just ended; look at its plan again")
        update = journal.begin(
            connection,
            id="U" + self.ids.new(string.ascii_uppercase, 10),
            origin=made.running,
            target=made.target,
            plan=to_json(made),
            steps=[(number, step) for number, hop in enumerate(made.hops) for step in hop.steps],
            now=self.clock.now(),
            asked_by=asked_by,
        )
        text = f"update from {made.running} to {made.target}"
        self._write_history(
            connection, Kind.ASKED, text, asked_by, update=update.id, plan=made.hash
        )
        return update

    def _steerable(self, connection: sa.Connection, verb: str) -> Update:
        update = journal.active(connection)
        if update is None:
            raise Refused(f"cannot {verb} the update: none is under way")
        if update.state not in FORWARD:
            raise Refused(f"cannot {verb} the update to {update.target}: it is being undone")
        return update

    def _record(
        self, connection: sa.Connection, update: Update, event: UpdateEvent, asked_by: str
    ) -> Update:
        cause = called_off_by(asked_by) if event is UpdateEvent.CALLED_OFF else ""
        journal.record_update(connection, update, event, now=self.clock.now(), cause=cause)
        text = f"update to {update.target}"
        self._write_history(connection, _KINDS[event], text, asked_by, update=update.id)
        self.wanted.set()
        return journal.load(connection, update.id)

    def _refuse_second(self) -> None:
        with self.lease.database.look() as connection:
            journal.refuse_second(connection)

    def _write_history(
        self, connection: sa.Connection, kind: Kind, text: str, who: str, **detail: str
    ) -> None:
        append(connection, now=self.clock.now(), kind=kind, who=who, text=text, detail=detail)
