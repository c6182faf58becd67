"""What exists: rack releases in a signed feed.

Nouns and what follows from them, all pure: ``release`` and its stored form ``document``, ``index``
and its stored form ``pages``, ``ramp`` and ``condition`` (whom a release reaches), ``stops`` (which
releases cannot be skipped), ``paths`` (which way leads where), ``admission`` (what a publisher may
not do). From the side of a rack: ``trust`` walks the signatures, ``reading`` what they name, and
``fetch`` brings documents and artifacts into the ``store``, from one of several ``mirrors``. From
the side of the publisher: ``build`` makes a release out of a tree, ``built`` is how it lies there,
``publish`` puts it into a feed, and ``published`` is all that a feed says then. Below that:
``keys`` are files, ``roles`` who may sign, ``signing`` what is signed, ``change`` what waits for
signatures, ``desk`` where all of these meet. Start with ``release.py``.
"""
