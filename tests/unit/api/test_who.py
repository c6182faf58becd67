"""Who asks, as the history has it."""

import base64

import pytest

from convox.api.who import who


def headers(login=None, person=None):
    """Return a request's headers as Starlette shows them."""
    found = {}
    if login is not None:
        found["authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    if person is not None:
        found["Who"] = person.encode().decode("latin-1")
    return found


@pytest.mark.parametrize(
    ("login", "person", "told"),
    [
        ("convox:pw", "root@machine", "convox (root@machine)"),
        ("convox:pw", None, "convox (API)"),
        ("alice:pw", "", "alice (API)"),
        (":pw", "jörg@büro", "nobody (jörg@büro)"),
        (None, None, "nobody (API)"),
        ("con\nvox\x1b[2J:pw", "a\r\n\x00b\u202ec\ud7ffd\u2028e", "con vox [2J (a b c d e)"),
        ("convox:pw", "x" * 500, "convox (" + "x" * 80 + ")"),
    ],
)
def test_who_asks_is_the_login_and_the_person_that_the_client_names(login, person, told):
    assert who(headers(login, person)) == told


def test_a_login_that_cannot_be_read_names_nobody():
    assert who({"authorization": "Basic %%%", "Who": "\xff\xfe"}) == "nobody (��)"
