"""The state diagrams are those of the code."""

import ast
import runpy
from pathlib import Path

DRAWING = runpy.run_path("docs/draw_states.py")
SOURCES = sorted(Path("src/convox").rglob("*.py"))


def tables(path: Path) -> list[str]:
    """Return the names of a file's transition tables."""
    return [
        node.target.id
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id.endswith("TRANSITIONS")
    ]


def test_the_diagrams_are_fresh():
    assert Path("docs/states.md").read_text() == DRAWING["document"](), "run `make docs`"


def test_every_transition_table_is_drawn():
    drawn = {(machine.module, machine.table) for machine in DRAWING["MACHINES"]}
    written = {
        (".".join(path.with_suffix("").parts[1:]), table)
        for path in SOURCES
        for table in tables(path)
    }
    assert drawn == written
