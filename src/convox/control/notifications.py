"""Who is told of updates without looking, and what came of telling them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from convox.audit import Kind, append
from convox.errors import InvalidInput, Refused, Taken
from convox.host.clock import Clock
from convox.host.ids import IdSource
from convox.notices import attempts, outbox, reading, receivers, signing
from convox.notices.attempts import Attempt
from convox.notices.delivery import Delivery, Result, Verdict
from convox.notices.notice import NoticeKind, compose
from convox.notices.receiver import Receiver, ReceiverForm
from convox.notices.sending import send
from convox.state import facts
from convox.state.database import Database

_MOST = 20
_KEY = 32  # bytes that sign
TEST_TEXT = "this is a test of a receiver of notices; nothing has happened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A receiver that a person wants, as they typed it; blank for what they leave to the rack."""

    form: str
    address: str
    name: str = ""
    kinds: tuple[str, ...] = ()
    secret: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """Receivers of notices; ``asked_by`` is who changes them."""

    database: Database
    clock: Clock
    ids: IdSource

    def every(self) -> Sequence[Receiver]:
        """Return all receivers."""
        with self.database.look() as connection:
            return receivers.every(connection)

    def latest(self) -> Mapping[str, Attempt]:
        """Return the newest attempt that is known of each receiver, by its name."""
        return {each.receiver: each for each in reversed(self.attempts(limit=attempts.KEPT))}

    def attempts(self, *, limit: int) -> Sequence[Attempt]:
        """Return the newest attempts to deliver, the newest first."""
        with self.database.look() as connection:
            return attempts.newest(connection, limit=max(0, limit))

    def add(self, wanted: Wanted, *, asked_by: str) -> Receiver:
        """Add a receiver of what is told from now on; nothing is sent there yet."""
        with self.database.begin() as connection:
            taken = [each.name for each in receivers.every(connection)]
            if len(taken) >= _MOST:
                raise Refused(f"cannot add a receiver: there are {_MOST}; remove one first")
            made = self._read(wanted, taken)
            if made.name in taken:
                raise Taken(
                    f"cannot add a receiver: one is called {made.name} already; give another name"
                )
            receivers.add(connection, made, now=self.clock.now())
            self._write_history(
                connection, f"{made.name} is added: {made.form} {made.shown}", asked_by
            )
        return made

    def remove(self, name: str, *, asked_by: str) -> None:
        """Remove a receiver, with what is on its way to it."""
        with self.database.begin() as connection:
            found = receivers.find(connection, name)
            outbox.recall(connection, found)
            receivers.remove(connection, found)
            self._write_history(connection, f"{found.name} is removed", asked_by)

    async def test(self, name: str) -> Attempt:
        """Send a test now, once, and return what came of it."""
        with self.database.look() as connection:
            found = receivers.find(connection, name)
            rack, version = facts.get(connection, "name"), facts.get(connection, "version")
        now = self.clock.now()
        notice = compose(
            kind=NoticeKind.TEST, time=now, rack=rack or "", version=version, text=TEST_TEXT
        )
        delivery = Delivery(notice=notice, receiver=found)
        answer = await send(found, notice, now=now)
        verdict = Verdict(result=Result.GIVEN_UP if answer.error else Result.DELIVERED)
        made = attempts.attempt(delivery, answer, verdict, self.clock.now())
        with self.database.begin() as connection:
            attempts.log(connection, made)
        return made

    def _read(self, wanted: Wanted, taken: Collection[str]) -> Receiver:
        form = reading.read_form(wanted.form)
        name = reading.read_name(wanted.name, form, taken)
        kinds = reading.read_kinds(wanted.kinds)
        return Receiver(
            name=name,
            form=form,
            address=_ADDRESSES[form](wanted.address),
            kinds=kinds,
            secret=self._secret(wanted, form),
            server=_server(wanted, form),
        )

    def _secret(self, wanted: Wanted, form: ReceiverForm) -> str:
        if form is ReceiverForm.WEBHOOK:
            return reading.read_secret(wanted.secret) if wanted.secret else self._new_secret()
        if wanted.secret:
            raise InvalidInput(
                "cannot add a receiver: a secret signs what goes to a webhook; leave it out"
            )
        return ""

    def _new_secret(self) -> str:
        return signing.secret(bytes.fromhex(self.ids.new("0123456789abcdef", 2 * _KEY)))

    def _write_history(self, connection: sa.Connection, text: str, who: str) -> None:
        append(connection, now=self.clock.now(), kind=Kind.RECEIVER, who=who, text=text)


def _server(wanted: Wanted, form: ReceiverForm) -> str:
    if form is ReceiverForm.MAIL:
        return reading.read_server(wanted.server)
    if wanted.server:
        raise InvalidInput("cannot add a receiver: a mail server is for mail; leave it out")
    return ""


_ADDRESSES = {
    ReceiverForm.WEBHOOK: reading.read_url,
    ReceiverForm.CHAT: reading.read_chat_url,
    ReceiverForm.MAIL: reading.read_mail_address,
}
