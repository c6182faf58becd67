"""``convox-feed``, the publisher's command: build releases, publish them, look after a feed.

A composition root like rackd. ``arguments`` is what can be typed, ``commands`` what each does,
``listing`` and ``checking`` what is found out about a feed, ``serving`` a web server for one,
``tree`` finds what was meant and what may come next.
"""

from convox.feedtool.command import main

__all__ = ["main"]
