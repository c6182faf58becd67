"""Files from elsewhere: over HTTP, or from a folder."""

import io
import stat
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import cast

from convox.host.paced import Pace, opener

_CONNECT = 10.0  # seconds until a server has to answer a call
_ABSENT = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that is being read; ``offset`` is the position of the first byte of ``stream``."""

    offset: int
    stream: io.BufferedIOBase


def is_web(url: str) -> bool:
    """Say whether the address is one for HTTP; else it is a folder's path."""
    return url.startswith(("http://", "https://"))


def download(url: str, *, most: int, offset: int = 0, pace: Pace | None = None) -> Download:
    """Begin to read a file from ``offset`` on, or from its start where that cannot be had.

    ``most`` is the longest that the file may be; a server that sends much more, or is slower than
    ``pace``, is broken off with an ``OSError``. ``FileNotFoundError`` where there is no such file,
    else ``OSError``. The caller closes the stream.
    """
    if not is_web(url):
        return _open(Path(url.removeprefix("file://")), offset)
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - is_web checked it
        answer = opener(pace or Pace(), most).open(request, timeout=_CONNECT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _ABSENT:
            raise FileNotFoundError(f"HTTP {error.code} for {url}") from error
        if offset and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return download(url, most=most, pace=pace)
        raise ConnectionError(f"HTTP {error.code} for {url}") from error
    except urllib.error.URLError as error:
        raise ConnectionError(str(error.reason)) from error
    except ValueError as error:  # the server may have led to what is no address
        raise ConnectionError(f"{url} is no address, or leads to none: {error}") from error
    continues = answer.status == HTTPStatus.PARTIAL_CONTENT
    return Download(offset=offset if continues else 0, stream=cast("io.BufferedIOBase", answer))


def _open(path: Path, offset: int) -> Download:
    """Open a plain file alone: a pipe in a foreign folder would never answer."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ConnectionError(f"{path} is not a file")
    stream = path.open("rb")
    stream.seek(offset)
    return Download(offset=offset, stream=stream)
