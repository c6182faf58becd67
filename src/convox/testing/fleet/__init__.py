"""Any number of racks that read one feed, in virtual time.

What a rack does depends on the feed and on its own draws alone, not on other racks. So each is
played by itself from its first question to its last, and a million take minutes.
"""
