"""The rack's history: what is ours beyond Convox's API."""

import asyncio
import re

from convox.api.encoding import duration, integer, rfc3339, text
from convox.api.endpoint import Asked, Endpoint, Input, Place
from convox.audit.entry import Entry, Head
from convox.audit.finding import Finding
from convox.control.use_cases import UseCases
from convox.errors import InvalidInput
from convox.wire import shapes

_IF_ABSENT = 50  # entries
_MOST = 10_000  # entries
_HEAD = re.compile(r"([0-9]{1,9}):([0-9a-f]{64})")


def _head(value: str) -> Head:
    """Return a head that was shown as ``number:digest``."""
    match = _HEAD.fullmatch(value)
    if match is None:
        raise InvalidInput("cannot read the head: it is not one that `rack audit verify` printed")
    return Head(number=int(match[1]), digest=match[2])


_SINCE = Input(name="since", place=Place.QUERY, parse=duration, summary="how far back, such as 20m")
_KIND = Input(name="kind", place=Place.QUERY, parse=text, summary="only entries of this kind")
_LIMIT = Input(name="limit", place=Place.QUERY, parse=integer, summary="how many; 50 if absent")
_KNOWN = Input(
    name="head", place=Place.QUERY, parse=_head, summary="a head that was kept elsewhere"
)


async def _list(use: UseCases, asked: Asked) -> list[shapes.AuditEntry]:
    limit = asked.get(_LIMIT)
    found = use.history.entries(
        since=asked.get(_SINCE),
        kind=asked.get(_KIND) or None,
        limit=_IF_ABSENT if limit is None else min(limit, _MOST),
    )
    return [_shape(entry) for entry in found]


async def _verify(use: UseCases, asked: Asked) -> shapes.AuditVerdict:
    verdict = await asyncio.to_thread(use.history.verify, asked.get(_KNOWN))
    return {
        "entries": verdict.entries,
        "head": str(verdict.head),
        "findings": [_finding(each) for each in verdict.findings],
    }


def _shape(entry: Entry) -> shapes.AuditEntry:
    return {
        "number": entry.number,
        "time": rfc3339(entry.time),
        "kind": entry.kind,
        "who": entry.who,
        "text": entry.text,
        "detail": dict(entry.detail),
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _finding(finding: Finding) -> shapes.AuditFinding:
    return {"number": finding.number, "fault": finding.fault, "text": finding.text}


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/system/audit",
        call=_list,
        summary="List what was asked of the rack and what came of it, the newest first",
        inputs=(_SINCE, _KIND, _LIMIT),
        answer=list[shapes.AuditEntry],
    ),
    Endpoint(
        method="GET",
        path="/system/audit/verify",
        call=_verify,
        summary="See whether somebody edited the history",
        inputs=(_KNOWN,),
        answer=shapes.AuditVerdict,
    ),
)
