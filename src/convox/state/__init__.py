"""What is remembered, and how its form changes.

``database`` opens SQLite or PostgreSQL; ``schema`` is the present form of every table; the modules
of ``migrations`` are the way there, each split in expand and contract; ``migrate`` applies them;
``lease`` lets one control plane act at a time; ``epochs`` are the forms in which everything is
kept, ``soundness`` says whether the records can be read at all. The statements about a table stand
beside the type that owns it, in the package that decides about it. Start with ``database.py``.
"""
