"""A whole rack in virtual time: everything that decides is the real thing, the machine is not.

The planner, the executor, the steps, the driver, the lease and the keeper's decisions are those of
the rack; the engine, the router, the feed, the disk and the clock are in memory. ``virtual`` is the
time, ``machine`` and ``feed`` are what outlives a control plane, ``keeper`` starts and ends
``rackd``s, ``strikes`` is what befalls them, and ``rack`` is all of it together. Start there.
"""
