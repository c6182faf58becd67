"""What is told when a control plane ends by itself."""

import pytest

from convox.errors import RouterError
from convox.rackd.going_on import cause

PORT = RouterError("cannot listen on 127.0.0.1:80")


@pytest.mark.parametrize(
    ("group", "told"),
    [
        (ExceptionGroup("", [ExceptionGroup("", [PORT])]), str(PORT)),
        (ExceptionGroup("", [KeyError("x"), ExceptionGroup("", [KeyError("y"), PORT])]), str(PORT)),
        (ExceptionGroup("", [KeyError("x")]), ""),
    ],
)
def test_the_cause_is_what_a_person_can_act_on(group, told):
    assert cause(group) == told
