"""``convox-feed``, the publisher's command: build releases, publish them, look after a feed.

A composition root like rackd. ``arguments`` is what can be typed, ``commands`` what each does,
``listing`` and ``checking`` what is found out about a feed, ``serving`` a web server for one.
"""

from convox.feedtool.command import main

__all__ = ["main"]
