"""The watchdog: starts ``rackd``, and falls back to the previous slot when a new one fails.

It stands alone: standard library only, imports nothing of convox but itself, and runs out of a
copy of its own (``python -I -S COPY --home HOME``), so that no update can take the ground from
under it. It knows nothing of apps, traffic or updates. When it dies, ``rackd`` goes on, and the
next keeper adopts it.

``record`` holds the states, their transitions and all decisions (pure), ``processes`` starts and
ends, ``watch`` is the thin loop, ``control`` the socket. ``memory`` keeps the record on disk,
twice; ``rebuilding`` infers a lost one (pure) from the ``traces`` of the rack. Start with
``record.py``.
"""
