"""What an app says of itself in ``convox.yml`` or a ``Procfile``.

``types`` holds the nouns and ``parse`` turns text into them; an error carries its line and column.
``section`` reads a mapping key by key, ``service``, ``serving``, ``scaling`` and ``parts`` say what
each part of the file may hold, ``procfile`` makes one a ``convox.yml``.
No file is read here. Start with ``types.py``.
"""
