"""Values as a Convox client writes them."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.api import encoding
from convox.errors import InvalidInput


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("5s", 5),
        ("1m30s", 90),
        ("2m0s", 120),
        ("1h2m3.5s", 3723.5),
        ("300ms", 0.3),
        (".5s", 0.5),
        ("1.5h", 5400),
        ("-5s", -5),
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("720h0m0s", 2592000),
    ],
)
def test_a_duration_is_read_as_go_writes_it(value, seconds):
    assert encoding.duration(value) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", "5", "s", "1d", "1m 30s", "5s5", "1..5s", "9" * 30 + "h"])
def test_a_duration_is_refused_when_go_would_not_write_it(value):
    with pytest.raises(InvalidInput, match="it is not a duration"):
        encoding.duration(value)


@pytest.mark.parametrize("value", ["", "three", "3.0", "0x3", "1_000", "9" * 40, "٣"])
def test_a_number_is_refused_when_it_is_not_whole(value):
    with pytest.raises(InvalidInput, match="it is not a whole number"):
        encoding.integer(value)


@pytest.mark.parametrize("value", ["-1", "9" * 18, "1.5", ""])
def test_seconds_are_refused_when_nobody_can_wait_so_long(value):
    with pytest.raises(InvalidInput):
        encoding.seconds(value)


def test_only_true_is_true():
    assert [encoding.boolean(value) for value in ("true", "false", "True", "1", "")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_mapping_keeps_blanks_and_the_first_of_equal_keys():
    assert encoding.mapping("A=b&C=d%2Be%26f&E=&A=later") == {"A": "b", "C": "d+e&f", "E": ""}


def test_a_header_is_utf_8():
    assert encoding.header("grüße".encode().decode("latin-1")) == "grüße"


def test_a_time_ends_with_z():
    assert encoding.rfc3339(datetime(2026, 1, 15, 13, 37, tzinfo=UTC)) == "2026-01-15T13:37:00Z"


@given(st.text())
def test_nothing_else_than_a_refusal_comes_of_any_text(value):
    for parse in (encoding.duration, encoding.integer, encoding.seconds):
        with contextlib.suppress(InvalidInput):
            parse(value)
    encoding.mapping(value)
    encoding.words(value)


def test_a_form_without_end_is_refused():
    with pytest.raises(InvalidInput, match="more than 10000 values"):
        encoding.first_of_each("a=1&" * 20_000)
