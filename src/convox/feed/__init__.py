"""What exists: rack releases in a signed feed.

``release`` and ``index`` hold the nouns and what can be computed from them (pure); ``trust`` walks
the signatures; ``fetch`` brings documents and artifacts into the rack's store; ``build`` and
``publish`` are the other side. Start with ``release.py``.
"""
