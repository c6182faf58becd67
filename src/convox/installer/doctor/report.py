"""Findings as a person or a program reads them. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from convox.installer.doctor.finding import Finding, State


def as_text(findings: Sequence[Finding]) -> str:
    """Return a line for each finding, with the remedy below it where there is one."""
    widths = [
        max((len(each) for each in column), default=0)
        for column in zip(*_heads(findings), strict=True)
    ]
    indent = " " * (sum(widths) + 4)
    lines = [_row("STATE", "CHECK", "FOUND", widths)]
    for finding in findings:
        lines.append(_row(finding.state, finding.name, finding.found, widths))
        if finding.remedy:
            lines.append(f"{indent}{finding.remedy}")
    return "\n".join([*lines, "", _sum(findings)])


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as a list of objects."""
    return json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False)


def _heads(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [("STATE", "CHECK"), *((str(each.state), each.name) for each in findings)]


def _row(state: str, name: str, found: str, widths: Sequence[int]) -> str:
    return f"{state:<{widths[0]}}  {name:<{widths[1]}}  {found}"


def _sum(findings: Sequence[Finding]) -> str:
    wrong = sum(each.state is State.WRONG for each in findings)
    warnings = sum(each.state is State.WARNING for each in findings)
    if not wrong and not warnings:
        return "All is well"
    return f"{wrong} wrong, {warnings} to look at"
