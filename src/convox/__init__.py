"""Convox Rack: a private platform-as-a-service that keeps itself up to date.

In reading order, the path of an update first:

feed        what exists: rack releases, signed
plan        what to do: the ordered hops from the running release to a target
update      do it and survive it: journal, executor, steps with their undo
rollout     swap processes and instances, lose nothing
engine      run things: processes and instances on this machine
router      send traffic to processes that are healthy
resources   databases and caches that outlive every instance
components  the rack's own programs that run beside rackd
audit       the history: who asked for what, and what came of it
notices     tell people who do not look: webhooks, chat services, mail
manifest    what an app says of itself

Then the path of a request:

cli         what a person types
client      the Rack API from the other side
wire        the JSON shapes that both sides share
api         the Convox Rack API over HTTP and WebSocket
control     the use-cases

And the ground:

state       what is remembered, and how its form changes
host        every touch of the machine
errors      what can go wrong, by who has to act
agent       the program that is an instance; stands alone
keeper      the watchdog that starts rackd; stands alone
installer   what is done to a rack from outside it: install, stop, mend, uninstall
rackd       the control plane, put together
feedtool    the publisher's command
testing     fakes that ship with the product
"""

__version__ = "20260101000000"
