"""Addresses, and the escaping of what goes into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.client import percent
from convox.client.endpoint import Endpoint, parse


@pytest.mark.parametrize(
    ("url", "endpoint", "address"),
    [
        (
            "https://convox:pw@rack.example.com",
            Endpoint(host="rack.example.com", password="pw"),
            ("rack.example.com", 443),
        ),
        (
            "http://me:p%40w%21@127.0.0.1:5000/prefix/",
            Endpoint(
                host="127.0.0.1:5000", password="p@w!", user="me", scheme="http", path="/prefix"
            ),
            ("127.0.0.1", 5000),
        ),
        ("https://[::1]:5443", Endpoint(host="[::1]:5443", user=""), ("::1", 5443)),
        ("https://[::1]", Endpoint(host="[::1]", user=""), ("::1", 443)),
    ],
)
def test_a_url_is_read(url, endpoint, address):
    assert parse(url) == endpoint
    assert parse(url).address == address


@pytest.mark.parametrize("url", ["", "rack.example.com", "ftp://h", "https://", "https://u:p@"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ValueError, match="address"):
        parse(url)


@given(st.text())
def test_what_was_escaped_comes_back(text):
    escaped = percent.encode(text)
    assert percent.decode(escaped) == text
    assert escaped.isascii()
    assert not set(escaped) & set(" /?#&=+\r\n")


def test_a_sign_that_escapes_nothing_stands_for_itself():
    assert percent.decode("100%") == "100%"
    assert percent.decode("a%zz%41") == "a%zzA"


@pytest.mark.parametrize(
    ("values", "query"),
    [
        ({}, ""),
        ({"a": None}, ""),
        ({"all": True, "limit": 3}, "?all=true&limit=3"),
        ({"env": ""}, "?env="),
        ({"args": ["A=b,c", "D=e"]}, "?args=A%3Db%2Cc%2CD%3De"),
        ({"parameters": {"A": "b", "C": "d+e&f"}}, "?parameters=A%3Db%26C%3Dd%252Be%2526f"),
    ],
)
def test_values_are_written_as_the_api_reads_them(values, query):
    assert percent.query(values) == query
