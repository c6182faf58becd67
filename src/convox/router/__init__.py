"""Send traffic to processes that are healthy, and to no other.

``route`` holds the nouns, ``router`` the Protocol, ``haproxy_config`` turns a table of routes into
configuration (pure), ``haproxy`` applies it to a running HAProxy. Start with ``route.py``.
"""
