"""Every touch of the machine: clock, ids, files, commands, processes, ports, http.

Nothing here knows what a rack is. Whatever decides takes its time and its ids from a parameter, so
that a test or a simulation can give them; only this package reads the real ones.
"""
