"""One route of the API: what it takes, what it answers, and the use-case behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from starlette.requests import HTTPConnection, Request

from convox.api.encoding import first_of_each, header
from convox.api.sockets import Stream
from convox.api.who import who
from convox.control.use_cases import UseCases
from convox.errors import InvalidInput

T = TypeVar("T")

_FORM = "application/x-www-form-urlencoded"
_LARGEST_FORM = 8 * 1024 * 1024  # bytes


class Place(StrEnum):
    """Where a client puts a value; forms and queries stand in for each other and for headers."""

    FORM = "form"
    QUERY = "query"
    HEADER = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(Generic[T]):
    """A value that an endpoint takes; ``parse`` is a function of ``encoding``."""

    name: str
    place: Place
    parse: Callable[[str], T]
    summary: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, with who asks, its path, its values and its body."""

    who: str
    path: Mapping[str, str]
    fields: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Callable[[], AsyncIterator[bytes]]

    def get(self, wanted: Input[T]) -> T | None:
        """Return a value; ``None`` where the request has none.

        Only what belongs there is looked for among the headers: every request of a Convox client
        has a ``Version`` that is its own.
        """
        for place in (self.fields, self.query):
            if wanted.name in place:
                return wanted.parse(place[wanted.name])
        found = self.headers.get(wanted.name) if wanted.place is Place.HEADER else None
        return None if found is None else wanted.parse(header(found))

    def need(self, wanted: Input[T]) -> T:
        """Return a value that may not be missing."""
        found = self.get(wanted)
        if found is None or found == "":
            raise InvalidInput(f"cannot answer: {wanted.name} is missing")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A route for HTTP.

    ``call`` returns a value of the type ``answer``, or a response; with ``answer`` ``None`` the
    client only looks at the status.
    """

    method: str
    path: str
    call: Callable[[UseCases, Asked], Awaitable[Any]]
    summary: str
    inputs: tuple[Input[Any], ...] = ()
    answer: Any = None
    is_upload: bool = False
    """The body is a file and not a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEndpoint:
    """A route for a WebSocket.

    ``call`` speaks over the stream; it returns an exit status where ``has_status``.
    """

    path: str
    call: Callable[[UseCases, Asked, Stream], Awaitable[int | None]]
    summary: str
    inputs: tuple[Input[Any], ...] = ()
    has_status: bool = False


async def read_request(request: Request) -> Asked:
    """Return what an HTTP request asks, its form read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields = await _form(request) if kind == _FORM else {}
    return _asked(request, fields, request.stream)


def read_handshake(connection: HTTPConnection) -> Asked:
    """Return what a WebSocket's opening request asks."""
    return _asked(connection, {}, _nothing)


def _asked(
    connection: HTTPConnection,
    fields: Mapping[str, str],
    body: Callable[[], AsyncIterator[bytes]],
) -> Asked:
    query = first_of_each(connection.scope["query_string"].decode("latin-1"))
    path: Mapping[str, str] = connection.path_params
    if any("\0" in value for part in (path, query, fields) for value in part.values()):
        raise InvalidInput("cannot read the request: it has a zero byte, which no text may have")
    headers = connection.headers
    return Asked(who(headers), path, fields, query, headers, body)


async def _form(request: Request) -> Mapping[str, str]:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LARGEST_FORM:
            raise InvalidInput(f"cannot read the request: its form exceeds {_LARGEST_FORM} bytes")
    return first_of_each(content.decode(errors="replace"))


async def _nothing() -> AsyncIterator[bytes]:
    no_chunks: tuple[bytes, ...] = ()
    for chunk in no_chunks:
        yield chunk
