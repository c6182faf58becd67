"""Every error has its answer."""

import inspect

from convox import errors
from convox.api.problems import STATUS, explain


def test_every_error_of_the_tree_has_a_status():
    tree = {each for _, each in inspect.getmembers(errors, inspect.isclass)}
    assert tree == set(STATUS)


def test_who_has_to_act_shows_in_the_status():
    for error, status in STATUS.items():
        assert (400 <= status < 500) == issubclass(error, errors.UserError)


def test_a_percent_sign_is_put_in_words():
    assert explain(errors.Refused("the disk is 100% full")) == "the disk is 100 percent full"


def test_a_mistake_of_ours_tells_no_secrets():
    assert "password" not in explain(KeyError("password"))


def test_what_the_machine_says_is_passed_on():
    assert explain(OSError(28, "No space left on device")).endswith("no space left on device")
