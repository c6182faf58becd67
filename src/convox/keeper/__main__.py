"""What ``python COPY`` runs, once this file stands at the top of the copy."""

import sys

from convox.keeper.main import main

sys.exit(main())
