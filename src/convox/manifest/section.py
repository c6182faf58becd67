"""A mapping of the document, read key by key.

Every reading method gives its default where the key is missing or its value wrong, and remembers
what is wrong; so one pass finds every problem.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from convox.manifest.problems import Problems

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Which keys a mapping may have.

    ``ignored`` change nothing on this rack and may stand; ``refused`` would be missed, each with
    what to do instead.
    """

    known: frozenset[str]
    ignored: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A mapping: ``names`` are its keys where they stand, ``values`` what they say."""

    where: str
    names: Mapping[str, yaml.ScalarNode]
    values: Mapping[str, yaml.Node]
    problems: Problems

    def text(self, key: str, default: str = "") -> str:
        """Read a text that is not empty; a number or a flag is taken as it is written."""
        node = self.values.get(key)
        if node is None:
            return default
        if is_text(node) and node.value.strip():
            return str(node.value)
        self.wrong(key, "a text")
        return default

    def number(self, key: str, default: int, lowest: int, highest: int) -> int:
        """Read a whole number within bounds."""
        node = self.values.get(key)
        if node is None:
            return default
        if is_whole(node) and lowest <= int(node.value) <= highest:
            return int(node.value)
        self.wrong(key, f"a number from {lowest} to {highest}")
        return default

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Read true or false."""
        node = self.values.get(key)
        if node is None:
            return default
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":bool"):
            return _FLAGS.get(node.value.lower(), default)
        self.wrong(key, "true or false")
        return default

    def texts(self, key: str) -> tuple[tuple[yaml.Node, str], ...]:
        """Read a list of texts, each with its place."""
        node = self.values.get(key)
        if node is None:
            return ()
        if isinstance(node, yaml.SequenceNode) and all(map(is_text, node.value)):
            return tuple((item, str(item.value)) for item in node.value)
        self.wrong(key, "a list of texts")
        return ()

    def section(self, key: str, keys: Keys | None) -> "Section":
        """Read a mapping; an empty one where the key is missing."""
        return open_section(self.values.get(key), self.place(key), keys, self.problems)

    def is_mapping(self, key: str) -> bool:
        """Say whether the key's value is a mapping."""
        return isinstance(self.values.get(key), yaml.MappingNode)

    def place(self, key: str) -> str:
        """Name the key for a person."""
        return f"'{key}' of {self.where}" if self.where else f"'{key}'"

    def wrong(self, key: str, wanted: str) -> None:
        """Remember that the key's value is not what it should be."""
        node = self.values[key]
        self.problems.add(node, f"{self.place(key)} must be {wanted}, not {_describe(node)}")


def open_section(
    node: yaml.Node | None, where: str, keys: Keys | None, problems: Problems
) -> Section:
    """Open a mapping; ``keys`` is ``None`` where the keys are names that the app chooses."""
    names: dict[str, yaml.ScalarNode] = {}
    values: dict[str, yaml.Node] = {}
    if isinstance(node, yaml.MappingNode):
        for name, value in _pairs(node, problems):
            names[name.value] = name
            values[name.value] = value
    elif node is not None and not _is_nothing(node):
        problems.add(node, f"{where or 'the file'} must be a mapping, not {_describe(node)}")
    if keys is not None:
        for key, name in names.items():
            _check_key(key, name, where, keys, problems)
    return Section(where=where, names=names, values=values, problems=problems)


def is_text(node: yaml.Node) -> bool:
    """Say whether the node is a single value, and there is one."""
    return isinstance(node, yaml.ScalarNode) and not _is_nothing(node)


def is_whole(node: yaml.Node) -> bool:
    """Say whether the node is a plain decimal number of at most nine digits."""
    return (
        isinstance(node, yaml.ScalarNode)
        and node.tag.endswith(":int")
        and re.fullmatch("[0-9]{1,9}", node.value) is not None
    )


Pair = tuple[yaml.ScalarNode, yaml.Node]


def _pairs(node: yaml.MappingNode, problems: Problems) -> list[Pair]:
    """Return the mapping's own pairs, after those that it merges (``<<``) and does not override."""
    own = {name.value: (name, value) for name, value in _own_pairs(node, problems)}
    merged: dict[str, Pair] = {}
    for source in _merged(own.pop("<<", None), problems):
        for name, value in _own_pairs(source, problems):
            if name.value == "<<":
                problems.add(name, "what is merged cannot merge another; write its keys here")
            merged.setdefault(name.value, (name, value))
    merged.pop("<<", None)
    return [*(merged | own).values()]


def _merged(pair: Pair | None, problems: Problems) -> list[yaml.MappingNode]:
    if pair is None:
        return []
    value = pair[1]
    sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
    if all(isinstance(source, yaml.MappingNode) for source in sources):
        return list(sources)
    problems.add(value, "'<<' must name mappings")
    return []


def _own_pairs(node: yaml.MappingNode, problems: Problems) -> list[Pair]:
    found: dict[str, Pair] = {}
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode):
            problems.add(name, "a key must be a word")
        elif name.value in found:
            first = found[name.value][0].start_mark.line + 1
            problems.add(name, f"'{name.value}' stands here twice, first on line {first}")
        else:
            found[name.value] = (name, value)
    return [*found.values()]


def _check_key(key: str, name: yaml.Node, where: str, keys: Keys, problems: Problems) -> None:
    if key in keys.known | keys.ignored:
        return
    place = f" in {where}" if where else ""
    if key in keys.refused:
        problems.add(name, f"'{key}'{place} is not supported by this rack: {keys.refused[key]}")
        return
    close = difflib.get_close_matches(key, sorted(keys.known), n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    problems.add(name, f"unknown key '{key}'{place}{hint}")


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _describe(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if _is_nothing(node) or not node.value.strip():
        return "nothing"
    text = node.value if len(node.value) <= 40 else node.value[:40] + "…"
    return f"the text '{text}'" if getattr(node, "style", None) else f"'{text}'"
