"""What a person sees: a line per act, alive on a terminal, plain otherwise."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

_REFRESH = 0.5  # seconds between two looks at what is going on


class Screen:
    """Tells the story. Times are seconds since the beginning."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()

    def chapter(self, title: str) -> None:
        """Begin a new part."""
        self.console.print(f"\n[bold]{title}[/bold]")

    def line(self, text: str) -> None:
        """Say one thing."""
        self.console.print(f"[dim]{self._elapsed()}[/dim]  {text}")

    @contextmanager
    def act(self, what: str) -> Iterator[None]:
        """Say what is being done, and when it is done how long it took."""
        began = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(f"{self._elapsed()}  {what} ..."):
                yield
        else:
            self.line(f"{what} ...")
            yield
        self.line(f"{what} [green]OK[/green] [dim]{time.monotonic() - began:.1f} s[/dim]")

    def follow(self, look: Callable[[], tuple[str, bool]]) -> None:
        """Show what ``look`` sees until it says that it is over: alive, or line by line."""
        if self.console.is_terminal:
            with self.console.status("") as status:
                while True:
                    text, over = look()
                    status.update(f"{self._elapsed()}  {text}")
                    if over:
                        break
                    time.sleep(_REFRESH)
            return
        last = ""
        while True:
            text, over = look()
            if text.partition(" | ")[0] != last:
                last = text.partition(" | ")[0]
                self.line(text)
            if over:
                return
            time.sleep(_REFRESH)

    def table(self, title: str, header: list[str], rows: list[list[str]]) -> None:
        """Show figures."""
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for index, name in enumerate(header):
            table.add_column(name, justify="left" if index == 0 else "right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        self.console.print(table)
        self.console.print()

    def last(self, text: str) -> None:
        """Say the last word, and nothing else on its line."""
        sys.stdout.flush()
        self.console.print(text, markup=False)

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"
