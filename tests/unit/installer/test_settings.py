"""What a person may say of a new rack, and what comes of it."""

from pathlib import Path

import pytest

from convox.errors import InvalidInput
from convox.installer.settings import HELP, Settings, parse

ROOT, SOMEBODY = 0, 1000


def settings(*words: str, uid: int = SOMEBODY) -> Settings:
    return parse("dev", ["Feed=http://feed.test", *words], uid=uid)


def test_defaults_are_those_of_root_when_root_installs():
    made = settings(uid=ROOT)
    assert made.ports == {"HttpPort": 80, "HttpsPort": 443, "ApiPort": 5443}
    assert made.app_user == "convox"
    assert (made.listen, made.domain, made.database) == ("127.0.0.1", "dev.localhost", None)
    assert (made.version, made.feed_root, made.parameters) == (None, None, {})


def test_defaults_need_no_rights_when_somebody_else_installs():
    made = settings("AppUser=ignored")
    assert made.ports == {"HttpPort": 8080, "HttpsPort": 8443, "ApiPort": 5443}
    assert made.app_user is None


def test_settings_are_taken_when_given():
    made = settings(
        "Version=20260101000000",
        "Listen=0.0.0.0",
        "HttpPort=8081",
        "Domain=Apps.Example.com",
        "Database=postgresql://rack@127.0.0.1/rack",
        "InstanceCount=5",
    )
    assert (made.version, made.listen, made.domain) == (
        "20260101000000",
        "0.0.0.0",
        "apps.example.com",
    )
    assert made.ports["HttpPort"] == 8081
    assert made.database == "postgresql://rack@127.0.0.1/rack"
    assert made.parameters == {"InstanceCount": "5"}


@pytest.mark.parametrize("given", ["feed", "./feed", "file://feed"])
def test_folder_of_the_feed_is_found_from_anywhere(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = parse("dev", [f"Feed={given}"], uid=SOMEBODY)
    assert made.feed == str(Path(tmp_path) / "feed")


def test_several_mirrors_of_the_feed_may_be_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = parse("dev", ["Feed=https://a.test/feed/ https://b.test,copy of feed"], uid=SOMEBODY)
    assert made.feed == f"https://a.test/feed, https://b.test, {tmp_path / 'copy of feed'}"


WRONG = {
    "Nothing=1": "cannot set Nothing: there is Feed, FeedRoot",
    "HttpPort": "cannot read 'HttpPort': a setting is Key=Value",
    "HttpPort=0": "cannot set HttpPort to '0': a port is a number from 1 to 65535",
    "HttpPort=٨": "cannot set HttpPort to '٨': a port is a number from 1 to 65535",
    "HttpPort=8443": "cannot listen: HttpPort and HttpsPort are the same port",
    "Listen=here": "cannot listen on 'here': it is not an IPv4 address",
    "Version=1": "cannot read version '1'",
    "Database=mysql://x": "cannot use that Database: say sqlite or postgresql://",
    "Domain=a b": "cannot set Domain to 'a b': it has not the form of one",
    "InstanceCount=none": "cannot set InstanceCount to 'none': it must be a whole number",
}


@pytest.mark.parametrize(("word", "why"), WRONG.items())
def test_a_setting_is_refused_with_what_it_must_look_like(word, why):
    with pytest.raises(InvalidInput) as refused:
        settings(word)
    assert str(refused.value).startswith(why)


def test_name_is_refused_before_anything_is_made_of_it():
    with pytest.raises(InvalidInput, match="cannot call a rack 'Bad Name'"):
        parse("Bad Name", [], uid=0)


def test_feed_has_to_be_given():
    with pytest.raises(InvalidInput, match="say where they are with Feed=ADDRESS"):
        parse("dev", [], uid=ROOT)


def test_every_setting_has_a_word_of_help():
    assert all(HELP.values())
    assert {"Feed", "Version", "InstanceCount"} <= set(HELP)
