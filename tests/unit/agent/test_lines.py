"""Bytes become lines whatever the chunks they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.agent.lines import Lines

LINES = {
    "whole lines": ([b"a\nb\n"], ["a", "b"]),
    "a line in pieces": ([b"a", b"b\nc", b"\n"], ["ab", "c"]),
    "an empty line": ([b"\n\na\n"], ["", "", "a"]),
    "no end": ([b"a\nb"], ["a", "b"]),
    "windows": ([b"a\r\nb\r\n"], ["a", "b"]),
    "a character in two chunks": ([b"\xc3", b"\xbc\n"], ["ü"]),
    "garbage": ([b"\xff\x00a\n"], ["\ufffda"]),
}


def lines(chunks: list[bytes]) -> list[str]:
    cutter = Lines()
    return [line for chunk in chunks for line in cutter.feed(chunk)] + cutter.finish()


@pytest.mark.parametrize("case", LINES)
def test_chunks_become_lines_wherever_they_are_cut(case):
    chunks, wanted = LINES[case]
    assert lines(chunks) == wanted


def test_a_long_line_comes_in_pieces_that_break_no_character():
    text = "ü€x" * 20000
    pieces = lines([text.encode()])
    assert len(pieces) > 1
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= 16384 for piece in pieces)


def test_a_long_line_is_not_kept_until_its_end():
    cutter = Lines()
    assert cutter.feed(b"x" * 50000)


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_the_size_of_the_chunks_does_not_matter(data, size):
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert lines(chunks) == lines([data])
