"""The JSON shapes that the rack and its clients share: Convox's own, and our additions.

Rules of residence: types only, cheap to import, no behaviour. Times are RFC 3339 text in UTC.
"""
