"""The rack's own programs that run beside rackd and outlive it.

A component is a program of the standard library alone. ``table`` says which ones this release has,
``programs`` holds them, ``running`` keeps exactly the wanted ones running, each from a directory
named for its content, so that an update that does not change a component does not touch it, and
one that does can bring the old one back. ``usage`` is how rackd reads what they measure. Start with
``component.py``.
"""
