"""What can go wrong, drawn as a tree by who has to act.

    RackError
    ├── UserError           the person who asked: mend the request
    │   ├── InvalidInput        a value is malformed
    │   ├── NotFound            no such thing
    │   ├── Taken               the name is in use
    │   └── Refused             the rack's state does not allow it now
    ├── FeedError           the publisher, or what lies between: the feed cannot be used
    │   ├── FeedUnreachable     no answer
    │   └── FeedUntrusted       an answer that does not verify
    ├── HostError           the owner of the machine: disk, ports, programs
    │   ├── EngineError         a process or an instance cannot be run
    │   ├── RouterError         traffic cannot be steered
    │   └── ResourceError       a resource's server cannot be run
    └── StateError          the operator: the rack's own records
        └── LeaseLost           another control plane has taken over

A message reads "cannot <verb> <thing>: <reason>", in lower case, without a period, and names the
next action where there is one. Misuse by our own code is an ``AssertionError`` or ``RuntimeError``.
"""


class RackError(Exception):
    """Anything a rack can say no with; the text is for a person to read."""


class UserError(RackError):
    """The request has to change."""


class InvalidInput(UserError):
    """A value is malformed."""


class NotFound(UserError):
    """There is no such thing."""


class Taken(UserError):
    """The name is in use."""


class Refused(UserError):
    """The rack's present state does not allow it."""


class FeedError(RackError):
    """The feed of rack releases cannot be used."""


class FeedUnreachable(FeedError):
    """The feed does not answer."""


class FeedUntrusted(FeedError):
    """The feed answers, and what it says does not verify."""


class FeedStale(FeedUntrusted):
    """What the feed says verifies, and was not signed again in time."""


class HostError(RackError):
    """The machine has to change."""


class EngineError(HostError):
    """A process or an instance cannot be run."""


class RouterError(HostError):
    """Traffic cannot be steered."""


class ResourceError(HostError):
    """A resource's server cannot be run."""


class StateError(RackError):
    """The rack's own records cannot be used."""


class LeaseLost(StateError):
    """Another control plane has taken over; this one must not act any more."""
