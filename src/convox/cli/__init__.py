"""What a person types, and what they read.

``main`` finds the command in ``table``, reads its flags by ``grammar``, and hands it a ``Call``. A
command is a function of one module per noun, imported when it is typed. It asks the rack through
``convox.client`` and says all through ``output``, the only place that formats. It decides nothing:
what happens to a rack is decided in the rack.

The grammar and the texts are those of the Convox command. Start-up time is a feature here: no
module that every command loads imports ``pathlib``, ``dataclasses``, ``asyncio`` or ``argparse``.
"""
