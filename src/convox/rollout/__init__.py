"""Swap processes and instances while they are in use, and lose nothing.

One driver for deploys, scaling, restarts, lost instances and rolls of instances. ``desired`` says
what should be, ``strategy``, ``placement`` and ``rolling`` decide the next actions (pure),
``process`` and ``deployment`` hold the states and their transitions, ``driver`` observes, asks and
acts. Start with ``process.py``.
"""
