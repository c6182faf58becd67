"""Addresses and ports belong to one agent at a time."""

import socket

from convox.agent.reservations import hold_address, hold_port


def test_an_address_is_held_until_its_holder_lets_go():
    first = hold_address("test-address")
    assert first is not None
    assert hold_address("test-address") is None
    first.close()
    again = hold_address("test-address")
    assert again is not None
    again.close()


def test_ports_differ_while_they_are_held():
    held = [hold_port() for _ in range(200)]
    assert len({port.number for port in held}) == 200
    for port in held:
        port.close()


def test_a_held_port_can_be_listened_on():
    port = hold_port()
    with socket.create_server(("127.0.0.1", port.number)):
        port.close()
