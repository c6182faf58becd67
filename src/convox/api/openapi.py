"""The API's description in OpenAPI 3.1, made from the table of endpoints."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from convox import __version__
from convox.api import encoding
from convox.api.endpoint import Endpoint, Input, Place, SocketEndpoint

_REFERENCE = "#/components/schemas/{name}"
_TEXT = {"type": "string"}
_KINDS: dict[Any, dict[str, Any]] = {
    encoding.boolean: {"type": "string", "enum": ["true", "false"]},
    encoding.integer: {"type": "integer"},
    encoding.seconds: {"type": "integer", "minimum": 0},
    encoding.duration: {**_TEXT, "description": "a duration of Go, such as 1m30s"},
    encoding.mapping: {**_TEXT, "description": "pairs as a query string, encoded once more"},
}
_VARIABLE = re.compile(r"\{(\w+)(?::path)?\}")


def describe(endpoints: Sequence[Endpoint], sockets: Sequence[SocketEndpoint]) -> dict[str, Any]:
    """Return the description, as JSON values."""
    answers = [each.answer for each in endpoints if each.answer not in {None, bytes}]
    schemas, components = msgspec.json.schema_components(answers, ref_template=_REFERENCE)
    by_answer = {repr(answer): schema for answer, schema in zip(answers, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        operation = _operation(each, by_answer)
        paths.setdefault(_path(each.path), {})[each.method.lower()] = operation
    for socket in sockets:
        paths.setdefault(_path(socket.path), {})["get"] = _socket_operation(socket)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Convox Rack", "version": __version__},
        "security": [{"password": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"password": {"type": "http", "scheme": "basic"}},
        },
    }


def _operation(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    fields = [wanted for wanted in endpoint.inputs if wanted.place is Place.FORM]
    operation = {
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint.path, endpoint.inputs),
        "responses": {
            "200": _answer(endpoint, schemas),
            "default": {"description": "why not", "content": {"text/plain": {"schema": _TEXT}}},
        },
    }
    if endpoint.is_upload:
        return {**operation, "requestBody": {"content": {"application/octet-stream": {}}}}
    if fields:
        content = {"application/x-www-form-urlencoded": {"schema": _form(fields)}}
        return {**operation, "requestBody": {"content": content}}
    return operation


def _socket_operation(socket: SocketEndpoint) -> dict[str, Any]:
    return {
        "summary": f"{socket.summary} (WebSocket)",
        "parameters": _parameters(socket.path, socket.inputs),
        "responses": {"101": {"description": "a stream"}},
    }


def _answer(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    if endpoint.answer is None:
        return {"description": "done"}
    if endpoint.answer is bytes:
        return {"description": "the content", "content": {"application/octet-stream": {}}}
    schema = schemas[repr(endpoint.answer)]
    return {"description": "the answer", "content": {"application/json": {"schema": schema}}}


def _parameters(path: str, inputs: Sequence[Input[Any]]) -> list[dict[str, Any]]:
    variables = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT}
        for name in _VARIABLE.findall(path)
    ]
    return variables + [
        {
            "name": wanted.name,
            "in": wanted.place.value,
            "description": wanted.summary,
            "required": wanted.is_required,
            "schema": _kind(wanted),
        }
        for wanted in inputs
        if wanted.place is not Place.FORM
    ]


def _form(fields: Sequence[Input[Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            wanted.name: {"description": wanted.summary, **_kind(wanted)} for wanted in fields
        },
        "required": [wanted.name for wanted in fields if wanted.is_required],
    }


def _kind(wanted: Input[Any]) -> dict[str, Any]:
    return _KINDS.get(wanted.parse, _TEXT)


def _path(path: str) -> str:
    return _VARIABLE.sub(r"{\1}", path)
