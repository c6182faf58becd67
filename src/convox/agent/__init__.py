"""The program that is an instance: it keeps processes running, checked and logged.

Standard library only, and nothing of the rest of the product: an image carries these files alone,
and an instance outlives many versions of the control plane. ``protocol`` says what it understands;
start with ``machine.py``, then ``process.py``.
"""
