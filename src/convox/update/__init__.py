"""Carry a plan out, and survive it.

``update`` holds the states and which move comes next (pure), ``journal`` is its memory,
``executor`` the thin loop that acts, ``steps`` the acts themselves, each with its undo beside it.
``performing`` does a step's effects and undoes them; ``failpoints`` names every place where that
can be cut off. ``objections`` says what speaks against an update before it begins, ``history``
keeps what came of it. Start with ``update.py``.
"""
