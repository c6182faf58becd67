"""Turn an uploaded source into a slug: a folder that processes start from, and nothing changes.

``slug`` holds the noun, ``archive`` unpacks what was uploaded and trusts nothing of it, ``python``
and ``node`` know how a folder of their language gets its dependencies, ``workshop`` runs their
programs as the app user, ``environment`` lets an app's programs find each other, ``build`` is the
order of it all. A source is the app's own code: nothing of it runs with the rack's rights. Start
with ``build.py``.
"""
