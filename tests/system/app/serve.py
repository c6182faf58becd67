"""A page, a counter in Redis, slow answers and a websocket, with the standard library alone."""

import asyncio
import base64
import hashlib
import os
from urllib.parse import parse_qs, urlsplit

from redis import ask

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            method, target, _ = first.split()
            fields = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
            await reader.readexactly(int(fields.get("content-length", 0)))
            if "sec-websocket-key" in fields:
                await tick(writer, fields["sec-websocket-key"])
            body = (await answer(method, urlsplit(target))).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(method, url):
    if url.path == "/visits":
        return str(await ask("INCR visits" if method == "POST" else "INCRBY visits 0"))
    if url.path == "/slow":
        await asyncio.sleep(float(parse_qs(url.query)["seconds"][0]))
    return "ok\n"


async def tick(writer, key):
    digest = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket"
    accept = f"Sec-WebSocket-Accept: {digest}"
    writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{upgrade}\r\n{accept}\r\n\r\n".encode())
    while True:
        writer.write(b"\x81\x04tick")
        await writer.drain()
        await asyncio.sleep(0.5)


async def main():
    server = await asyncio.start_server(serve, os.environ["HOST"], int(os.environ["PORT"]))
    await server.serve_forever()


asyncio.run(main())
