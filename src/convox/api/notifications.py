"""Who is told of updates: what is ours beyond Convox's API."""

from convox.api.encoding import integer, rfc3339, text, words
from convox.api.endpoint import Asked, Endpoint, Input, Place
from convox.control.notifications import Wanted
from convox.control.use_cases import UseCases
from convox.notices.attempts import KEPT, Attempt
from convox.notices.receiver import Receiver
from convox.wire import shapes

_IF_ABSENT = 50  # attempts

_FORM = Input(name="form", place=Place.FORM, parse=text, summary="webhook, chat or mail")
_ADDRESS = Input(name="address", place=Place.FORM, parse=text, summary="a URL or a mail address")
_NAME = Input(name="name", place=Place.FORM, parse=text, summary="as it is to be called")
_KINDS = Input(name="kinds", place=Place.FORM, parse=words, summary="with commas; all if absent")
_SECRET = Input(name="secret", place=Place.FORM, parse=text, summary="signs; made if absent")
_SERVER = Input(name="server", place=Place.FORM, parse=text, summary="URL of the mail's server")
_LIMIT = Input(name="limit", place=Place.QUERY, parse=integer, summary="how many; 50 if absent")


async def _list(use: UseCases, asked: Asked) -> list[shapes.NotificationReceiver]:
    latest = use.notifications.latest()
    return [_receiver(each, latest.get(each.name)) for each in use.notifications.every()]


async def _add(use: UseCases, asked: Asked) -> shapes.AddedReceiver:
    wanted = Wanted(
        form=asked.need(_FORM),
        address=asked.need(_ADDRESS),
        name=asked.get(_NAME) or "",
        kinds=asked.get(_KINDS) or (),
        secret=asked.get(_SECRET) or "",
        server=asked.get(_SERVER) or "",
    )
    made = use.notifications.add(wanted, asked_by=asked.who)
    return {**_receiver(made, None), "secret": made.secret}


async def _remove(use: UseCases, asked: Asked) -> None:
    use.notifications.remove(asked.path["name"], asked_by=asked.who)


async def _test(use: UseCases, asked: Asked) -> shapes.NotificationAttempt:
    return _attempt(await use.notifications.test(asked.path["name"]))


async def _attempts(use: UseCases, asked: Asked) -> list[shapes.NotificationAttempt]:
    limit = asked.get(_LIMIT)
    found = use.notifications.attempts(limit=_IF_ABSENT if limit is None else min(limit, KEPT))
    return [_attempt(each) for each in found]


def _receiver(found: Receiver, latest: Attempt | None) -> shapes.NotificationReceiver:
    return {
        "name": found.name,
        "form": found.form,
        "address": found.shown,
        "kinds": sorted(found.kinds),
        "latest": _attempt(latest) if latest else None,
    }


def _attempt(made: Attempt) -> shapes.NotificationAttempt:
    return {
        "time": rfc3339(made.time),
        "notice": made.notice,
        "kind": made.kind,
        "version": made.version,
        "receiver": made.receiver,
        "result": made.result,
        "status": made.status,
        "error": made.error,
        "due": rfc3339(made.due) if made.due else None,
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/system/notifications",
        call=_list,
        summary="List who is told of updates, and what came of it last",
        answer=list[shapes.NotificationReceiver],
    ),
    Endpoint(
        method="POST",
        path="/system/notifications",
        call=_add,
        summary="Have somebody told of updates from now on",
        inputs=(_FORM, _ADDRESS, _NAME, _KINDS, _SECRET, _SERVER),
        answer=shapes.AddedReceiver,
    ),
    Endpoint(
        method="GET",
        path="/system/notifications/deliveries",
        call=_attempts,
        summary="List the attempts to deliver notices, the newest first",
        inputs=(_LIMIT,),
        answer=list[shapes.NotificationAttempt],
    ),
    Endpoint(
        method="DELETE",
        path="/system/notifications/{name}",
        call=_remove,
        summary="Tell somebody nothing any more",
    ),
    Endpoint(
        method="POST",
        path="/system/notifications/{name}/test",
        call=_test,
        summary="Send a test now, and return what came of it",
        answer=shapes.NotificationAttempt,
    ),
)
