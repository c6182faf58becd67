"""Files from elsewhere: over HTTP, or from a folder."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, cast

_TIMEOUT = 30.0  # seconds without a byte
_ABSENT = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that is being read; ``offset`` is the position of the first byte of ``stream``."""

    offset: int
    stream: BinaryIO


def is_web(url: str) -> bool:
    """Say whether the address is one for HTTP; else it is a folder's path."""
    return url.startswith(("http://", "https://"))


def download(url: str, *, offset: int = 0) -> Download:
    """Begin to read a file from ``offset`` on, or from its start where that cannot be had.

    ``FileNotFoundError`` where there is no such file, else ``OSError``. The caller closes the
    stream.
    """
    if not is_web(url):
        return _open(Path(url.removeprefix("file://")), offset)
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - is_web checked it
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310 - the same
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _ABSENT:
            raise FileNotFoundError(f"HTTP {error.code} for {url}") from error
        if offset and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return download(url)
        raise ConnectionError(f"HTTP {error.code} for {url}") from error
    except urllib.error.URLError as error:
        raise ConnectionError(str(error.reason)) from error
    continues = answer.status == HTTPStatus.PARTIAL_CONTENT
    return Download(offset=offset if continues else 0, stream=cast("BinaryIO", answer))


def _open(path: Path, offset: int) -> Download:
    stream = path.open("rb")
    stream.seek(offset)
    return Download(offset=offset, stream=stream)
