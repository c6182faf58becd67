"""The way out of a network that lets nobody out but a proxy, as the environment names it."""

import asyncio
import base64
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

_PORT = 3128


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy; ``login`` is what it wants to be told, blank where nothing."""

    host: str
    port: int
    login: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What every request to it carries."""
        return {"proxy-authorization": f"Basic {self.login}"} if self.login else {}


def proxy_for(url: SplitResult) -> Proxy | None:
    """Return the proxy on the way to a URL; this machine itself is reached without one."""
    host, proxies = url.hostname or "", getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or _is_here(host) or proxy_bypass(host):
        return None
    parts = urlsplit(named if "//" in named else f"http://{named}")
    if parts.scheme != "http" or not parts.hostname:
        raise ConnectionError(f"a proxy that is reached by {parts.scheme or named}:// is none here")
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
    return Proxy(
        host=parts.hostname,
        port=parts.port or _PORT,
        login=base64.b64encode(login).decode() if parts.username else "",
    )


async def tunnel(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    proxy: Proxy,
    target: tuple[str, int],
    tls: ssl.SSLContext,
) -> None:
    """Have a proxy lead a connection on to a host and port, and speak TLS with what is there."""
    host, port = target
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    fields = {"host": where, **proxy.headers}
    lines = [f"CONNECT {where} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ConnectionError("the proxy does not answer as one") from error
    said = head.partition("\r\n")[0]
    if said.split()[1:2] != ["200"]:
        raise ConnectionError(f"the proxy says {said}")
    await writer.start_tls(tls, server_hostname=host)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
