"""Databases and caches that the rack runs for apps.

``resource`` holds the nouns and what an app may ask for; ``postgres`` and ``redis`` know their
server, ``kind`` is what the two have in common and ``table`` names them; ``programs`` finds the
servers' programs; ``servers`` keeps what is wanted running. A server belongs to no instance and to
no version of the rack: it outlives both. Start with ``resource.py``.
"""
