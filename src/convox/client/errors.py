"""What can go wrong between this machine and a rack, by who has to act.

ClientError
├── Unreachable     nobody answers: the network, or whoever runs the rack
├── Untrusted       somebody answers whom we cannot tell to be the rack
├── Garbled         an answer that is none
└── Answered        the rack itself says no; its text is for a person
"""


class ClientError(Exception):
    """A request did not succeed."""


class Unreachable(ClientError):
    """Nobody answers, or the connection broke before the answer came."""


class Untrusted(ClientError):
    """The certificate is not one that we trust."""


class Garbled(ClientError):
    """What came is not of the protocol."""


class Answered(ClientError):
    """The rack refused: a status from 400 up, and its text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
