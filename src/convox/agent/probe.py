"""One HTTP check of a process."""

import asyncio
import contextlib
import ssl

_LOOPBACK = "127.0.0.1"
_STATUS_LINE = 1024  # bytes, the longest that is read


async def probe(address: str, port: int, *, scheme: str, path: str, timeout: float) -> str:
    """GET ``path`` and return what is wrong with the answer, empty where nothing is."""
    try:
        async with asyncio.timeout(timeout):
            return await _get(address, port, scheme, path)
    except TimeoutError:
        return f"GET {path} did not answer within {timeout:g} s"
    except ConnectionRefusedError:
        return await _explain_silence(address, port)
    except OSError as error:
        return f"GET {path} on port {port} failed: {error.strerror or error}"


async def _get(address: str, port: int, scheme: str, path: str) -> str:
    context = _unverified() if scheme == "https" else None
    reader, writer = await asyncio.open_connection(address, port, ssl=context, limit=_STATUS_LINE)
    try:
        writer.write(_request(address, port, path))
        return _fault(path, await reader.readline())
    except ValueError:
        return f"GET {path} was not answered in HTTP"
    finally:
        # What the program still sends is of no interest, nor is how it closes.
        writer.transport.abort()


def _request(address: str, port: int, path: str) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {address}:{port}",
        "User-Agent: convox-health",
        "Accept: */*",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _fault(path: str, line: bytes) -> str:
    if not line:
        return f"GET {path} was not answered: the connection was closed"
    words = line.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return f"GET {path} was not answered in HTTP"
    status = int(words[1])
    return "" if 200 <= status <= 399 else f"GET {path} answered {status}"


async def _explain_silence(address: str, port: int) -> str:
    """Tell a program that nothing can reach from one that does not listen yet."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(_LOOPBACK, port)
        writer.transport.abort()
        return f"it listens on {_LOOPBACK}:{port} alone; it must listen on $HOST or on 0.0.0.0"
    return f"nothing listens on port {port} (the port in $PORT)"


def _unverified() -> ssl.SSLContext:
    """Return a TLS context for a certificate that nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
