"""How much the simulation has played, while it does and in the end, whoever played it."""

import time

import pytest

_OFTEN = 5_000  # histories between two lines


class Played:
    """Adds up what the reports of tests say of histories."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._histories = self._violations = 0
        self._failpoints: set[str] = set()
        self._began = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count in what one test has played."""
        told = dict(report.user_properties)
        if report.when != "call" or "histories" not in told:
            return
        before = self._histories
        self._histories += told["histories"]
        self._failpoints.update(told.get("failpoints", ()))
        self._violations += told.get("violations", 0)
        if before // _OFTEN < self._histories // _OFTEN:
            self._show(f"{self} after {time.monotonic() - self._began:.0f} s")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say in one line what was played."""
        if self._histories:
            terminalreporter.write_line(str(self))

    def __str__(self) -> str:
        return (
            f"{self._histories} histories, {len(self._failpoints)} failpoints,"
            f" {self._violations} violations"
        )

    def _show(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(line)
