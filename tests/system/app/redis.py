"""Ask a Redis server, with the standard library alone."""

import asyncio
import os
from urllib.parse import urlsplit

URL = urlsplit(os.environ["COUNTS_URL"])


async def ask(command):
    reader, writer = await asyncio.open_connection(URL.hostname, URL.port)
    try:
        login = f"AUTH {URL.password}\r\n" if URL.password else "PING\r\n"
        writer.write(f"{login}{command}\r\n".encode())
        await reader.readline()
        return int((await reader.readline()).strip().lstrip(b":"))
    finally:
        writer.close()
