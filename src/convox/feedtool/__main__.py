"""``python -m convox.feedtool`` is ``convox-feed``."""

import sys

from convox.feedtool.command import main

sys.exit(main())
