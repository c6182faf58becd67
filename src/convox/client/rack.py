"""A rack, as its client sees it."""

import binascii
import io
import json
import os
import pwd
from collections.abc import Mapping
from typing import Any, BinaryIO

from convox import __version__
from convox.client.endpoint import Endpoint
from convox.client.errors import Answered, Garbled
from convox.client.http import Answer, Body, request
from convox.client.percent import form, query, scalar
from convox.client.stream import Stream, open_stream

_FORM = "application/x-www-form-urlencoded"
_BYTES = "application/octet-stream"
_NOTHING: Mapping[str, str] = {}


class Rack:
    """The calls of the Rack API by their paths; JSON comes back as Python values."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    def get(self, path: str, **values: object) -> Any:
        """GET a JSON object or list; values that are ``None`` are left out of the query."""
        value = self._call("GET", path + query(values))
        if not isinstance(value, (dict, list)):
            raise Garbled(f"what answers at {self.endpoint.host} is no rack: no JSON at {path}")
        return value

    def reach(self, path: str) -> None:
        """GET where all that matters is that it succeeds."""
        self._call("GET", path)

    def post(self, path: str, **values: object) -> Any:
        """POST a form; an underscore in a name stands for a dash."""
        return self._send("POST", path, values)

    def put(self, path: str, **values: object) -> Any:
        """PUT a form; an underscore in a name stands for a dash."""
        return self._send("PUT", path, values)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self._call("DELETE", path)

    def upload(self, path: str, stream: BinaryIO) -> Any:
        """POST the bytes of a file, from its beginning."""
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        return self._call("POST", path, {"Content-Type": _BYTES}, Body(stream, size))

    def start(self, path: str, headers: Mapping[str, str]) -> Any:
        """POST with the values in the headers, as processes are started."""
        return self._call("POST", path, headers)

    def stream(self, path: str, headers: Mapping[str, str] = _NOTHING) -> Stream:
        """Open a stream; the options of logs and commands are headers."""
        return open_stream(self.endpoint, path, {**self._identity(), **headers})

    def _send(self, method: str, path: str, values: Mapping[str, object]) -> Any:
        pairs = [
            (key.replace("_", "-"), scalar(value))
            for key, value in values.items()
            if value is not None
        ]
        if not pairs:
            return self._call(method, path)
        encoded = form(pairs).encode()
        body = Body(io.BytesIO(encoded), len(encoded))
        return self._call(method, path, {"Content-Type": _FORM}, body)

    def _call(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] = _NOTHING,
        body: Body | None = None,
    ) -> Any:
        fields = {**self._identity(), "Accept": "*/*", **headers}
        return _value(request(self.endpoint, method, target, fields, body))

    def _identity(self) -> dict[str, str]:
        endpoint = self.endpoint
        login = f"{endpoint.user}:{endpoint.password}".encode()
        fields = {
            "User-Agent": f"convox.py/{__version__}",
            "Version": "dev",
            "Who": _person(),
            "Authorization": "Basic " + binascii.b2a_base64(login, newline=False).decode(),
        }
        return {**fields, "Rack": endpoint.rack} if endpoint.rack else fields


def _person() -> str:
    """Return who runs this program, and where: the rack's history names them."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # as in a container, where numbers need no names
        name = str(number)
    return f"{name}@{os.uname().nodename}"


def _value(answer: Answer) -> Any:
    """Return the answer's JSON, or its text where it is none."""
    text = answer.body.decode(errors="replace").strip()
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if answer.status >= 400:
        told = value.get("error") if isinstance(value, dict) else None
        raise Answered(answer.status, told or text or f"response status {answer.status}")
    return value
