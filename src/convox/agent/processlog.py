"""What one process says, and what happens to it, as lines of its app's log."""

import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from convox.agent.lines import Lines
from convox.agent.logfile import LogFile
from convox.agent.spec import Spec


class ProcessLog:
    """The log of one process: ``TIME service/NAME/ID text`` and ``TIME system/agent text``."""

    def __init__(self, logs: Path, spec: Spec) -> None:
        directory = logs / spec.app
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = LogFile(directory, spec.id)
        self._source = f"service/{spec.service}/{spec.id}"
        self._id = spec.id
        self.last = ""
        """The last line of the present run that is not blank."""

    async def copy(self, chunks: AsyncIterator[bytes]) -> None:
        """Write what comes until it ends."""
        lines = Lines()
        self.last = ""
        try:
            async for chunk in chunks:
                self._write(lines.feed(chunk))
        finally:
            self._write(lines.finish())

    def tell(self, text: str) -> None:
        """Write an event of this process."""
        self._append("system/agent", [f"{self._id} {text}"])

    def close(self) -> None:
        self._file.close()

    def _write(self, lines: list[str]) -> None:
        said = [line for line in lines if line.strip()]
        if said:
            self.last = said[-1].strip()
        self._append(self._source, lines)

    def _append(self, source: str, lines: Iterable[str]) -> None:
        head = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {source} "
        text = "".join(f"{head}{line}\n" for line in lines)
        if text:
            self._file.append(text.encode(errors="replace"))
