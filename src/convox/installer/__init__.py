"""What is done to a rack from outside it: install, start, stop, mend, uninstall.

``settings`` reads what a person wants (pure), ``checks`` says why this machine cannot, ``install``
puts a rack there or nothing at all, ``lifecycle`` starts, stops and removes, ``boot`` has the rack
come back after a reboot. ``doctor`` says what is wrong, ``repairing`` makes anew what can be,
``restoring`` goes back to a copy of the records. What touches a rack's own records is done by the
rack's own version, out of its slot: ``bootstrap`` makes the first records, ``settling`` makes
restored ones true, ``halt`` ends what runs. The command line runs ``python -m convox.installer``.
Start with ``install.py``.
"""
