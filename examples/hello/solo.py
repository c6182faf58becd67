"""One copy that remembers: what it counts is lost when it ends, and still no request is."""

import itertools
import os

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

PROCESS = f"{os.environ.get('HOST', 'local')}/{os.getpid()}"
requests = itertools.count(1)


async def count(request):
    return JSONResponse({"requests": next(requests), "process": PROCESS})


app = Starlette(routes=[Route("/", count)])
