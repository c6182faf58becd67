"""``rackd``: the control plane, put together.

``assembly`` and its neighbours are the only places of the server that name a concrete engine or
router; ``ground`` holds the parts that know the machine, ``steps`` and ``use_cases`` what is made
of them. ``service`` takes over, acts, and hands over; ``acting`` runs what goes on meanwhile.
``shadow`` answers from a copy and acts on nothing; ``failpoints`` strikes at an update where a file
says so. Start with ``service.py``.
"""
