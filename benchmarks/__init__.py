"""What the rack costs, each figure beside a named reference of the same run. No tests.

Whoever is compared is measured in turn, round after round, so that whatever else the machine does
meets all alike; a figure is the median of its rounds.
"""
