"""Swap processes and instances while they are in use, and lose nothing.

One driver for deploys, scaling, restarts, lost instances and rolls of instances. All that it knows
stands in the tables ``processes``, ``instances`` and ``deployments``, so that it may end at any
moment and another one goes on.

The nouns: ``desired`` says what should be; ``process``, ``instance`` and ``deployment`` hold the
states and their transitions; ``situation`` is all of that at one moment; ``action`` is what may be
decided. The decisions, pure: ``lifecycle``, ``strategy``, ``placement``, ``rolling``, ``settling``,
put together by ``decide``, with ``blockers`` and ``draining`` for what a roll waits for, and
``routing`` and ``effects``, which say what follows from a situation for the router and the engine.
``feasibility`` says before a roll whether it can go well, ``progress`` how far it is. The doing:
``records`` remembers, ``timeline`` keeps that right where the clock is set, ``driver``
observes, asks, records and acts. Start with ``process.py``.
"""
