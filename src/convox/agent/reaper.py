"""Learn how children ended, and leave no zombie, whoever their parent was."""

import asyncio
import os
import signal


class Reaper:
    """Waits for every child of this process, in the event loop."""

    def __init__(self) -> None:
        self._ends: dict[int, asyncio.Future[int]] = {}

    def watch(self) -> None:
        """Begin; children that nobody expects are let go silently."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._collect)
        self._collect()

    def expect(self, pid: int) -> asyncio.Future[int]:
        """Return what will hold the exit code of a child, negative for the signal it died of."""
        end = asyncio.get_running_loop().create_future()
        self._ends[pid] = end
        return end

    def _collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            end = self._ends.pop(pid, None)
            if end is not None and not end.done():
                end.set_result(os.waitstatus_to_exitcode(status))
