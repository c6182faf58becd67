"""``python -m convox.cli``: the command where its script is not on the path."""

from convox.cli.main import main

main()
