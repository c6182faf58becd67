"""The configuration that a table of routes becomes."""

from dataclasses import replace
from pathlib import Path

import pytest

from convox.errors import RouterError
from convox.router.haproxy_config import (
    Settings,
    backend_name,
    check,
    fingerprint,
    render,
    render_map,
    slots_for,
)
from convox.router.route import Route, RouteTable, Target

GOLDEN = Path(__file__).with_name("haproxy.cfg")

SETTINGS = Settings(
    directory=Path("/rack/router"),
    listen="127.0.0.1",
    http_port=8080,
    https_port=8443,
    api_port=5443,
    api_socket=Path("/rack/run/api.sock"),
    runs_as=(101, 102),
)


def table(*routes: Route) -> RouteTable:
    return RouteTable(routes={route.name: route for route in routes})


WEB = Route(
    name="hello/web",
    hosts=("web.hello.dev.localhost", "Shop.Example.com"),
    targets=(
        Target(id="web-bbbbbb", host="127.0.0.3", port=20001),
        Target(id="web-aaaaaa", host="127.0.0.2", port=20000),
    ),
)
CHAT = Route(name="hello/chat", hosts=("chat.hello.dev.localhost",), scheme="https", sticky=True)


def test_the_whole_configuration_is_as_written_down():
    assert render(SETTINGS, table(WEB, CHAT), "digest") == GOLDEN.read_text()


def test_the_map_leads_each_host_to_its_backend_in_lower_case():
    assert render_map(table(WEB, CHAT)) == (
        "chat.hello.dev.localhost hello:chat:https:sticky\n"
        "shop.example.com hello:web:http\n"
        "web.hello.dev.localhost hello:web:http\n"
    )


def test_a_host_goes_to_the_first_route_by_name_when_two_claim_it():
    later = Route(name="other/web", hosts=("shop.example.com",))
    assert "shop.example.com hello:web:http\n" in render_map(table(later, WEB))


@pytest.mark.parametrize(
    ("targets", "slots"), [(0, 8), (1, 8), (4, 8), (5, 16), (8, 16), (9, 32), (100, 256)]
)
def test_every_target_has_room_to_be_replaced_start_first(targets, slots):
    assert slots_for(targets) == slots


@pytest.mark.parametrize(
    "other",
    [
        replace(SETTINGS, http_port=80),
        replace(SETTINGS, listen="0.0.0.0"),
        replace(SETTINGS, runs_as=None),
        replace(SETTINGS, api_socket=Path("/elsewhere/api.sock")),
    ],
)
def test_the_fingerprint_changes_when_a_setting_does(other):
    assert fingerprint(other, "digest") != fingerprint(SETTINGS, "digest")


def test_the_fingerprint_changes_when_a_certificate_does_and_stays_when_a_route_comes():
    assert fingerprint(SETTINGS, "other") != fingerprint(SETTINGS, "digest")
    description = f"description {fingerprint(SETTINGS, 'digest')}\n"
    assert description in render(SETTINGS, table(), "digest")
    assert description in render(SETTINGS, table(WEB), "digest")


def test_a_backend_is_another_when_its_form_is():
    forms = [WEB, replace(WEB, scheme="https"), replace(WEB, sticky=True), CHAT]
    assert len({backend_name(form) for form in forms}) == 4


@pytest.mark.parametrize("host", ["a b.com", "a;shutdown sessions", "", "-", "a\nb", "a%b", "*.a"])
def test_a_host_that_would_be_a_command_is_refused(host):
    with pytest.raises(RouterError, match="malformed"):
        check(table(replace(WEB, hosts=(host,))))


@pytest.mark.parametrize("name", ["web", "a/b/c", "a b/web", "a/web;x"])
def test_a_route_whose_name_would_be_a_command_is_refused(name):
    with pytest.raises(RouterError, match="malformed"):
        check(table(replace(WEB, name=name)))


def test_ordinary_names_are_accepted():
    check(table(WEB, CHAT))
