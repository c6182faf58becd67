"""Run things: processes and instances.

``engine`` holds the nouns and the Protocol that every engine keeps; ``local`` runs processes on
this machine without containers. An engine decides nothing: which process runs where is the
rollout's to say. Start with ``engine.py``.
"""
