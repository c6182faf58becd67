"""A page, a counter in the database, slow requests and a websocket."""

import asyncio
import contextlib
import os
from pathlib import Path

from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from database import URL, create_tables

PROCESS = f"{os.environ.get('HOST', 'local')}/{os.getpid()}"
LONGEST = 60.0  # seconds
TICK = 0.5  # seconds

pool = AsyncConnectionPool(URL, min_size=1, max_size=4, open=False)


@contextlib.asynccontextmanager
async def lifespan(app):
    await asyncio.to_thread(create_tables)
    async with pool:
        yield


async def page(request):
    return FileResponse(Path(__file__).with_name("page.html"), headers={"X-Process": PROCESS})


async def check(request):
    return PlainTextResponse("ok\n")


async def visits(request):
    statement = "SELECT count FROM visits"
    if request.method == "POST":
        statement = "UPDATE visits SET count = count + 1 RETURNING count"
    async with pool.connection() as connection:
        cursor = await connection.execute(statement)
        (count,) = await cursor.fetchone()
    return JSONResponse({"visits": count, "process": PROCESS})


async def slow(request):
    try:
        seconds = min(LONGEST, max(0.0, float(request.query_params.get("seconds", "1"))))
    except ValueError:
        return PlainTextResponse("seconds must be a number\n", status_code=400)
    await asyncio.sleep(seconds)
    return PlainTextResponse(f"{seconds} seconds later, {PROCESS}\n")


async def socket(websocket):
    """Send a numbered tick twice a second, and everything that comes back again."""
    await websocket.accept()
    ticking = asyncio.create_task(tick(websocket))
    try:
        while True:
            await websocket.send_json({"echo": await websocket.receive_text()})
    except WebSocketDisconnect:
        pass
    finally:
        ticking.cancel()


async def tick(websocket):
    number = 0
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.send_json({"tick": number, "process": PROCESS})
            number += 1
            await asyncio.sleep(TICK)


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/", page),
        Route("/check", check),
        Route("/visits", visits, methods=["GET", "POST"]),
        Route("/slow", slow),
        WebSocketRoute("/ws", socket),
    ],
)
