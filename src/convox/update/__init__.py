"""Carry a plan out, and survive it.

``update`` holds the states and which move comes next (pure), ``journal`` is its memory,
``executor`` the thin loop that acts, ``steps`` the acts themselves, each with its undo beside it.
``objections`` says what speaks against an update before it begins. Start with ``update.py``.
"""
