"""Passwords as they arrive."""

import base64

import pytest

from convox.api.authentication import accepted_forms, basic_password


@pytest.mark.parametrize(
    ("password", "arrives"),
    [
        ("abcDEF123", "abcDEF123"),
        ("p@ss/w:rd", "p%40ss%2Fw%3Ard"),
        ("bang!", "bang%21"),
        ("with space", "with+space"),
        ("with space", "with%20space"),
        ("a$&+,;=~", "a$&+,;=~"),
        ("raw!", "raw!"),
    ],
)
def test_a_password_is_known_in_the_form_that_a_client_gives_it(password, arrives):
    assert arrives.encode() in accepted_forms(password)


@pytest.mark.parametrize(
    ("pair", "password"),
    [("convox:secret", "secret"), (":secret", "secret"), ("a:b:c", "b:c"), ("alone", "")],
)
def test_the_password_is_what_follows_the_first_colon(pair, password):
    header = "Basic " + base64.b64encode(pair.encode()).decode()
    assert basic_password(header) == password


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Bearer abc", "Basic //79"])
def test_a_header_holds_no_password_when_it_is_broken(header):
    assert basic_password(header) in {None, ""}
