"""The commands about who is told of updates."""

from convox.cli.command import JSON, LIMIT, RACK, Command
from convox.cli.grammar import Flag

_R = (RACK,)
_RJ = (RACK, JSON)
_ADD = (
    RACK,
    Flag(
        "kind",
        "only this, and may be given again: available, started, waiting, done, undone, failed,"
        " needs-you, all",
        "k",
        "list",
    ),
    Flag("name", "as it is to be called", "n"),
)

NOTIFICATION_COMMANDS = {
    "notifications": Command(
        "notifications:index", "list who is told of updates, and what came of it", flags=_RJ
    ),
    "notifications add chat": Command(
        "notifications:add_chat",
        "have a chat service told: Slack, Mattermost, Discord, Teams and others",
        "<url>",
        1,
        1,
        _ADD,
    ),
    "notifications add mail": Command(
        "notifications:add_mail",
        "have somebody told by mail",
        "<address>",
        1,
        1,
        (
            *_ADD,
            Flag(
                "server",
                "who takes the mail, as smtp://user:password@host:587, or - to be read from stdin",
            ),
        ),
    ),
    "notifications add webhook": Command(
        "notifications:add_webhook",
        "have a program told by signed JSON",
        "<url>",
        1,
        1,
        (
            *_ADD,
            Flag(
                "secret",
                "signs what is sent, - to be read from stdin; without it, the rack makes one",
            ),
        ),
    ),
    "notifications deliveries": Command(
        "notifications:deliveries", "list the attempts to deliver", flags=(*_RJ, LIMIT)
    ),
    "notifications remove": Command(
        "notifications:remove", "tell somebody nothing any more", "<name>", 1, 1, _R
    ),
    "notifications test": Command(
        "notifications:test", "send a test now, and say what came of it", "<name>", 1, 1, _RJ
    ),
}
