"""What happened, in figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from demo.screen import Screen


def show_steps(screen: Screen, updates: Sequence[Mapping[str, Any]]) -> None:
    """Show how long each step of each update took, in seconds."""
    names = list(dict.fromkeys(step["name"] for update in updates for step in update["steps"]))
    rows = []
    for name in names:
        seconds = [_seconds_of(update, name) for update in updates]
        rows.append([name, *(f"{value:.1f}" if value is not None else "-" for value in seconds)])
    totals = [_seconds(update["created"], update["ended"]) for update in updates]
    rows.append(["[bold]all[/bold]", *(f"[bold]{total:.1f}[/bold]" for total in totals)])
    header = ["step", *(f"{update['origin']} to {update['target']}, s" for update in updates)]
    screen.table("How long each step took", header, rows)


def show_phases(screen: Screen, phases: Mapping[str, Mapping[str, Any]]) -> None:
    """Show what the traffic saw, phase by phase."""
    header = ["phase", "s", "requests", "failed", "p50 ms", "p99 ms", "longest API gap s"]
    rows = [
        [
            name,
            f"{phase['seconds']:.0f}",
            f"{phase['sent']:,}",
            str(phase["failed"]),
            f"{phase['p50_ms']:.1f}",
            f"{phase['p99_ms']:.1f}",
            f"{phase['api_gap_s']:.2f}",
        ]
        for name, phase in phases.items()
        if phase["sent"]
    ]
    screen.table("What the people who use the app saw", header, rows)


def show_moves(
    screen: Screen, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> None:
    """Show which processes moved to which instance, and that each did once."""
    rows = []
    for service in sorted({process["name"] for process in before}):
        old = [process for process in before if process["name"] == service]
        new = [process for process in after if process["name"] == service]
        places = " ".join(sorted(process["instance"] for process in new))
        moved = len([p for p in new if p["id"] not in {o["id"] for o in old}])
        rows.append([service, str(len(old)), str(moved), f"{moved / len(old):.2f}", places])
    header = ["service", "had", "moved", "times each", "now on"]
    screen.table("Processes moved by the roll", header, rows)


def _seconds_of(update: Mapping[str, Any], name: str) -> float | None:
    steps = [step for step in update["steps"] if step["name"] == name and step["ended"]]
    if not steps:
        return None
    return sum(_seconds(step["started"], step["ended"]) for step in steps)


def _seconds(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
