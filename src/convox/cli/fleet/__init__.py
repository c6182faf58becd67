"""Many racks that are updated in waves, by a command that may end anywhere and is resumed.

``fleet`` is what is known of it, and ``kept`` holds that between two commands; ``waves`` says who
is in which, and ``decide`` what comes next. ``prepare`` looks at all racks before any begins, and
``run`` goes on with wave after wave, both by ``look``. Start with ``fleet.py``.
"""
