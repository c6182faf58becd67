"""Run processes on this machine without containers.

An instance is a program, the agent, that runs detached with an address, a directory and the
processes of its own; the engine only speaks with agents, so that nothing depends on its own life.
``engine`` keeps the Protocol, ``instance`` is one instance as seen from here, ``conversation``
speaks with its agent, ``images`` makes what instances boot from. Start with ``engine.py``.
"""
