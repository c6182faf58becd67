"""Write down for whom it concerns what the rack decides by itself, each thing once."""

from dataclasses import asdict, fields

import sqlalchemy as sa

from convox.control.automatic.forecast import Forecast
from convox.control.automatic.news import Told, news
from convox.notices import outbox
from convox.state import facts
from convox.state.lease import Lease

_FACT = "told of updates"


def notify(lease: Lease, forecast: Forecast) -> None:
    """Put what is news into the outbox, in one transaction with that it was told."""
    with lease.database.look() as connection:
        before = _told(connection)
    found, after = news(forecast, before)
    if after == before:
        return
    with lease.fenced() as connection:
        facts.put(connection, _FACT, asdict(after))
        for each in found:
            outbox.put(
                connection,
                kind=each.kind,
                now=forecast.outlook.now,
                version=each.version,
                text=each.text,
                detail=each.detail,
            )


def _told(connection: sa.Connection) -> Told:
    """Return what was told; a newer release may have left more than this one knows."""
    known = facts.get(connection, _FACT) or {}
    names = {each.name for each in fields(Told)}
    return Told(**{name: value for name, value in known.items() if name in names})
