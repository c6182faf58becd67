"""The Rack API from the other side: HTTP, and streams over WebSocket.

Knows the wire and nothing of the server, nor of what a person typed. It is loaded at every command,
so it is built from the standard library's small parts alone: ``http.client``, ``urllib`` and
``pathlib`` each cost as much start-up time as all of this together. Start with ``rack``.
"""
