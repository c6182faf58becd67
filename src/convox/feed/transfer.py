"""What TUF reads a feed through: over HTTP and from folders alike, and not for ever."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import IO

from tuf.api import exceptions
from tuf.ngclient.fetcher import FetcherInterface

from convox.host.clock import Clock, SystemClock
from convox.host.download import download
from convox.host.paced import Pace

_CHUNK = 64 * 1024
_MOST = 1024 * 1024  # bytes of the longest file; TUF breaks off earlier where it knows more


@dataclass(kw_only=True)
class Transfer(FetcherInterface):
    """Reads the signatures of a feed, and what they sign, within ``patience`` seconds in all."""

    pace: Pace = field(default_factory=Pace)
    patience: float = 300.0
    clock: Clock = field(default_factory=SystemClock)
    under_way: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Do as TUF does, and hang up also where it breaks an answer off."""
        with self.under_way, super().download_file(url, max_length) as file:
            yield file

    def _fetch(self, url: str) -> Iterator[bytes]:
        began = self.clock.monotonic()
        try:
            found = download(url, most=_MOST, pace=self.pace)
            self.under_way.enter_context(found.stream)
            while chunk := found.stream.read1(_CHUNK):
                self._check(began)
                yield chunk
        except FileNotFoundError as error:
            raise exceptions.DownloadHTTPError(f"there is no {url}", 404) from error
        except TimeoutError as error:
            raise exceptions.SlowRetrievalError(str(error)) from error
        except (OSError, HTTPException) as error:
            raise exceptions.DownloadError(f"the answer broke off: {error}") from error
        finally:
            self._spend(began)

    def _check(self, began: float) -> None:
        if self.clock.monotonic() - began > self.patience:
            raise TimeoutError("it is too slow: not all that is signed came in time")

    def _spend(self, began: float) -> None:
        self.patience -= self.clock.monotonic() - began
