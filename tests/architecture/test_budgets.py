"""The sizes that keep the code readable."""

import ast
from pathlib import Path

import pytest

SOURCES = sorted(Path("src/convox").rglob("*.py"))
TESTS = sorted(Path("tests").rglob("*.py"))
UNFINISHED = ("TODO", "FIXME", "XXX", "NotImplementedError", "not implemented")


def functions(path: Path) -> list[tuple[str, int]]:
    """Return each function of a file with its length in lines."""
    return [
        (f"{path}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_there_is_code_to_count():
    assert len(SOURCES) > 50
    assert len(TESTS) > 50


def test_no_file_is_over_400_lines():
    assert [str(path) for path in SOURCES + TESTS if len(path.read_text().splitlines()) > 400] == []


def test_no_function_is_over_60_lines():
    long = [name for path in SOURCES + TESTS for name, size in functions(path) if size > 60]
    assert long == []


def test_nine_functions_in_ten_are_under_30_lines():
    sizes = sorted(size for path in SOURCES for _, size in functions(path))
    assert sizes[len(sizes) * 9 // 10] < 30


@pytest.mark.parametrize("word", UNFINISHED)
def test_nothing_is_left_unfinished(word):
    assert [str(path) for path in SOURCES if word in path.read_text()] == []


def test_every_module_and_package_says_what_it_is():
    silent = [str(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_no_file_is_named_for_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "structs"}
    assert [str(path) for path in SOURCES if path.stem in vague] == []


def test_the_map_of_packages_is_complete():
    text = Path("src/convox/__init__.py").read_text()
    names = {path.stem for path in Path("src/convox").iterdir() if path.suffix in {"", ".py"}}
    names -= {"__init__", "__pycache__"}
    assert {name for name in names if f"\n{name} " not in text} == set()
