"""How many processes a service has, and how many of them may be replaced at a time."""

import re

import yaml

from convox.manifest.section import Keys, Section, is_text
from convox.manifest.types import Deployment, Scale

_MOST = 1000  # processes
_AUTOSCALING = "it does not scale by itself; give one count"
_SCALE = Keys(
    known=frozenset({"count", "cpu", "memory"}),
    ignored=frozenset({"cooldown", "targets"}),
    refused={
        "autoscale": _AUTOSCALING,
        "gpu": "processes are given no device",
        "keda": _AUTOSCALING,
        "limit": "say 'cpu' and 'memory'",
        "max": _AUTOSCALING,
        "min": _AUTOSCALING,
        "vpa": _AUTOSCALING,
    },
)
_RANGE = Keys(known=frozenset({"min", "max"}))
_DEPLOYMENT = Keys(known=frozenset({"minimum", "maximum"}))


def read_scale(section: Section) -> Scale:
    """Read a count, ``a-b``, or ``{count, cpu, memory}``; a range must have one number in it.

    ``cooldown`` and ``targets`` say how to move within a range, so without one they mean nothing.
    """
    if not section.is_mapping("scale"):
        return Scale(count=_read_count(section, "scale"))
    inner = section.section("scale", _SCALE)
    return Scale(
        count=_read_count(inner, "count"),
        cpu=inner.number("cpu", 256, 0, 1024 * 1024),
        memory=inner.number("memory", 0, 0, 1024 * 1024) if "memory" in inner.values else None,
    )


def _read_count(section: Section, key: str) -> int:
    node = section.values.get(key)
    if node is None:
        return 1
    lowest, highest = _bounds(section, key, node)
    if lowest is None or highest is None:
        section.wrong(key, f"a number from 0 to {_MOST}")
        return 1
    if lowest != highest:
        section.problems.add(
            node, f"the range in {section.place(key)} is not supported by this rack: {_AUTOSCALING}"
        )
    return lowest


def _bounds(section: Section, key: str, node: yaml.Node) -> tuple[int | None, int | None]:
    if section.is_mapping(key):
        inner = section.section(key, _RANGE)
        lowest = inner.number("min", 1, 0, _MOST)
        return lowest, inner.number("max", lowest, 0, _MOST)
    match = re.fullmatch("([0-9]{1,4})(?:-([0-9]{1,4}))?", node.value) if is_text(node) else None
    if match is None:
        return None, None
    lowest, highest = int(match[1]), int(match[2] or match[1])
    return (lowest, highest) if max(lowest, highest) <= _MOST else (None, None)


def read_deployment(section: Section, *, one_at_most: bool) -> Deployment:
    """Read ``{minimum, maximum}`` in percent; without two copies at a time it is 0/100."""
    default = Deployment(minimum=0, maximum=100) if one_at_most else Deployment()
    inner = section.section("deployment", _DEPLOYMENT)
    deployment = Deployment(
        minimum=inner.number("minimum", default.minimum, 0, 100),
        maximum=inner.number("maximum", default.maximum, 100, 1000),
    )
    if deployment.minimum == deployment.maximum:
        section.wrong("deployment", "limits that leave room to replace a process")
    return deployment
