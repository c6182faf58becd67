"""The Convox Rack API over HTTP and WebSocket, and our own additions to it.

``application`` is the one public door. A module a noun lists its endpoints, from which both the
routing and the OpenAPI description are made; it asks a use-case of ``control`` and puts the answer
into a shape of ``wire``. It decides nothing. The foreign rules are Convox's: form fields and
headers as in ``encoding``, frames as in ``sockets`` and ``frames``.

Start with ``endpoint.py``.
"""
