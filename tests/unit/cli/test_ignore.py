"""Docker's rules of what stays out, as a table."""

import pytest

from convox.cli.ignore import Ignored


@pytest.mark.parametrize(
    ("patterns", "name", "is_out"),
    [
        ("", "a", False),
        ("# a", "# a", False),
        ("a", "a", True),
        ("a", "b/a", False),
        ("a", "a/b/c", True),
        ("/a/", "a/b", True),
        ("./a", "a", True),
        ("*.log", "x.log", True),
        ("*.log", "logs/x.log", False),
        ("**/*.log", "logs/deep/x.log", True),
        ("**/*.log", "x.log", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a?", "ab", True),
        ("a?", "a/", False),
        ("[ab]c", "bc", True),
        ("[^ab]c", "bc", False),
        ("a.b", "axb", False),
        ("\\*", "*", True),
        ("\\*", "x", False),
        ("*\n!keep", "keep", False),
        ("*\n!keep", "other", True),
        ("!keep\n*", "keep", True),
        ("src\n!src/main", "src/main/x", False),
        ("*\n!a\na/b", "a/b", True),
    ],
)
def test_the_last_pattern_that_matches_decides(patterns, name, is_out):
    assert Ignored.parse(patterns).matches(name) is is_out
