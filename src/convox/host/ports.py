"""TCP ports of this machine."""

import socket


def is_free(address: str, port: int) -> bool:
    """Say whether a server could listen on the port now."""
    return bind_error(address, port) is None


def bind_error(address: str, port: int) -> OSError | None:
    """Return what keeps a server from listening on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except OSError as error:
            return error
        return None


def is_name_free(name: str) -> bool:
    """Say whether nobody holds this name in the abstract namespace of unix sockets (unix(7))."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(f"\0{name}")
        except OSError:
            return False
        return True
