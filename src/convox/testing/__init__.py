"""What tests of a rack need, shipped with it: simulated seams, steady traffic, small disks.

Nothing that runs in production imports this package.
"""
