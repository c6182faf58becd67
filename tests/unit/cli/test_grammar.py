"""The grammar of flags, as a table of what is typed and what is meant."""

import pytest

from convox.cli.errors import CommandError
from convox.cli.grammar import Flag, Given, check_count, pairs, parse

FLAGS = (
    Flag("rack", "", "r"),
    Flag("wait", "", "w", "switch"),
    Flag("all", "", "a", "switch"),
    Flag("count", "", "c", "number"),
    Flag("since", "", "", "duration"),
    Flag("build-args", "", "", "list"),
)


@pytest.mark.parametrize(
    ("words", "arguments", "flags"),
    [
        ("", [], {}),
        ("a b", ["a", "b"], {}),
        ("a --rack dev b", ["a", "b"], {"rack": "dev"}),
        ("--rack=dev", [], {"rack": "dev"}),
        ("--rack=", [], {"rack": ""}),
        ("-r dev", [], {"rack": "dev"}),
        ("-rdev", [], {"rack": "dev"}),
        ("-r=dev", [], {"rack": "dev"}),
        ("--wait x", ["x"], {"wait": True}),
        ("--wait=false", [], {"wait": False}),
        ("-w=false", [], {"wait": False}),
        ("-wa", [], {"wait": True, "all": True}),
        ("-war dev", [], {"wait": True, "all": True, "rack": "dev"}),
        ("-wc3", [], {"wait": True, "count": 3}),
        ("--count -1", [], {"count": -1}),
        ("--since 1h30m", [], {"since": "1h30m"}),
        ("--build-args A=b,c --build-args D=e", [], {"build-args": ["A=b,c", "D=e"]}),
        ("ls -- -l --rack x", ["ls", "-l", "--rack", "x"], {}),
        ("-", ["-"], {}),
        ("-r a -r b", [], {"rack": "b"}),
    ],
)
def test_words_are_read_as_pflag_reads_them(words, arguments, flags):
    assert parse(FLAGS, words.split()) == Given(arguments, flags)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--x", "unknown flag: --x"),
        ("--x=1", "unknown flag: --x"),
        ("-x", "unknown flag: -x"),
        ("-wx", "unknown flag: -x"),
        ("--rack", "flag needs an argument: --rack"),
        ("-r", "flag needs an argument: -r"),
        ("--count x", 'invalid argument "x" for "--count" flag: not a whole number'),
        ("--wait=x", 'invalid argument "x" for "--wait" flag: neither true nor false'),
        (
            "--since 5",
            'invalid argument "5" for "--since" flag: not a duration, such as 5m or 1h30m',
        ),
    ],
)
def test_broken_words_are_refused_with_the_word_that_breaks_them(words, text):
    with pytest.raises(CommandError) as refused:
        parse(FLAGS, words.split())
    assert str(refused.value) == text


@pytest.mark.parametrize(
    ("count", "least", "most", "text"),
    [
        (0, 1, 1, "1 arg required"),
        (1, 2, 2, "2 args required"),
        (1, 0, 0, "0 args required"),
        (0, 1, None, "at least 1 arg required"),
        (1, 2, None, "at least 2 args required"),
        (2, 0, 1, "no more than 1 arg expected"),
    ],
)
def test_a_wrong_number_of_arguments_is_told(count, least, most, text):
    with pytest.raises(CommandError) as refused:
        check_count(["x"] * count, least, most)
    assert str(refused.value) == text


def test_pairs_keep_what_stands_behind_the_first_equals_sign():
    assert pairs(["A=b=c", "D="]) == {"A": "b=c", "D": ""}
    with pytest.raises(CommandError, match=r"^Key=Value expected: X$"):
        pairs(["A=b", "X"])
