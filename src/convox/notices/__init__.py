"""Tell people who do not look: what an update did, what waits, and what needs them.

A notice is written in the transaction of what it tells of, once for each receiver that wants its
kind (``outbox``), and delivered by a loop of its own (``courier``), which holds nobody up. Start
with ``notice.py``.
"""
