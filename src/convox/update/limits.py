"""How long a step may take before it counts as one that hangs. Pure.

A limit is far beyond what the step takes on a slow machine: it is there for a step that would never
end, so that an update ends without anybody's help.
"""

import math
from collections.abc import Mapping

# Seconds, for a step to be done or to be undone once. To roll and to soak have a patience of their
# own: what a roll waits for is named, and a person may hold it.
LIMITS: Mapping[str, float] = {
    "fetch": 3600.0,
    "preflight": 300.0,
    "snapshot": 1800.0,
    "stage": 1800.0,
    "expand": 3600.0,
    "handoff": 600.0,
    "components": 300.0,
    "instances": math.inf,
    "soak": math.inf,
    "commit": 300.0,
}
