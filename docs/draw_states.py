"""Draw docs/states.md from the transition tables of the code: ``python docs/draw_states.py``.

The diagrams are Mermaid's, which GitHub and most editors show. A state's remark is the docstring
that stands below it in the source.
"""

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

OUTPUT = Path(__file__).resolve().parent / "states.md"

HEAD = """\
# States

Drawn from the transition tables of the code by `make docs`; do not edit. A stored state changes
only as one of these arrows says: what the table does not have cannot happen, and asking for it is
an error at that very place. `tests/architecture/test_states.py` compares this file with the tables.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A table of transitions in the code: ``module.table``; its first state is the initial one."""

    title: str
    about: str
    module: str
    table: str = "TRANSITIONS"


MACHINES = (
    Machine(
        title="Update",
        about="A plan that is being carried out, or was; a crash in the middle changes no arrow.",
        module="convox.update.update",
        table="UPDATE_TRANSITIONS",
    ),
    Machine(
        title="Step",
        about="One act of an update. `begun` is recorded before the first effect.",
        module="convox.update.update",
        table="STEP_TRANSITIONS",
    ),
    Machine(
        title="Process, as the rollout wants it",
        about="What the control plane has recorded, before it acts.",
        module="convox.rollout.process",
    ),
    Machine(
        title="Process, as its agent keeps it",
        about="What the program of an instance does by itself, also while no control plane runs.",
        module="convox.agent.status",
    ),
    Machine(
        title="Deployment",
        about="An app on its way to a release, or back.",
        module="convox.rollout.deployment",
    ),
    Machine(
        title="Instance",
        about="A machine that processes run on, from its launch to its end.",
        module="convox.rollout.instance",
    ),
    Machine(
        title="Keeper",
        about="How sure the watchdog is of the slot that runs.",
        module="convox.keeper.record",
    ),
    Machine(
        title="Rack of a fleet",
        about="One of the racks that `convox racks update` leads to a release.",
        module="convox.cli.fleet.fleet",
    ),
)


def document() -> str:
    """Return the whole of docs/states.md."""
    return "\n".join([HEAD, *(chapter(machine) for machine in MACHINES)])


def chapter(machine: Machine) -> str:
    """Return one machine: its diagram, and what its states mean."""
    module = importlib.import_module(machine.module)
    table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]] = getattr(module, machine.table)
    source = Path(str(module.__file__))
    place = f"src/{machine.module.replace('.', '/')}.py"
    remarks = remarks_of(source, type(next(iter(table))))
    parts = [f"## {machine.title}\n", f"{machine.about} (`{place}`)\n"]
    parts += ["```mermaid", *diagram(table), "```\n"]
    parts += [f"- **{state}**: {remarks[state.name]}" for state in table if state.name in remarks]
    return "\n".join(parts).rstrip() + "\n"


def diagram(table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]]) -> Iterator[str]:
    """Yield the lines of a Mermaid state diagram; a state without a way out is an end."""
    yield "stateDiagram-v2"
    yield from (f'    state "{state}" as {state.name}' for state in table if " " in state)
    yield f"    [*] --> {_node(next(iter(table)))}"
    for state, ways in table.items():
        yield from (f"    {_node(state)} --> {_node(ways[event])}: {event}" for event in ways)
        if not ways:
            yield f"    {_node(state)} --> [*]"


def remarks_of(source: Path, states: type[StrEnum]) -> Mapping[str, str]:
    """Return by a state's name the first line of the docstring below it."""
    found: dict[str, str] = {}
    body = next(
        node.body
        for node in ast.parse(source.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name == states.__name__
    )
    name = ""
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]):
                pass
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                found[name] = " ".join(text.split())
    return found


def _node(state: StrEnum) -> str:
    return state.name if " " in state else str(state)


if __name__ == "__main__":
    OUTPUT.write_text(document())
    sys.stdout.write(f"Drew {OUTPUT.relative_to(OUTPUT.parent.parent)}\n")
