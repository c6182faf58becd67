"""``rackd``: the control plane, put together.

``assembly`` is the only place of the server that names a concrete engine, router and database;
``service`` takes over, acts, and hands over; ``shadow`` answers from a copy and acts on nothing.
Start with ``service.py``.
"""
