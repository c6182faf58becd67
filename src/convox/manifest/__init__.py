"""What an app says of itself in ``convox.yml``.

``types`` holds the nouns, ``parse`` turns text into them; an error carries its line and column.
No file is read here. Start with ``types.py``.
"""
