"""What an update does, each act with its undo beside it.

Every step is idempotent: a control plane that starts in the middle of one does it again. ``step``
holds the form they share; the order they come in is the plan's. Start with ``step.py``.
"""
