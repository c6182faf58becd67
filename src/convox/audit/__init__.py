"""The history of a rack: who asked for what, and what came of it, so that no edit goes unseen.

Each entry holds the digest of the one before it, so that whoever changes, removes or inserts one
breaks the chain. Nothing here may edit or remove an entry. Start with ``entry.py``.
"""

from convox.audit.entry import Entry, Kind
from convox.audit.history import append

__all__ = ["Entry", "Kind", "append"]
