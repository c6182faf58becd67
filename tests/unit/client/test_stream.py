"""Streams, frame by frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.client.errors import Answered, Unreachable
from convox.client.frames import BINARY, PING, PONG, TEXT, Decoder, Frame, encode
from convox.client.stream import open_stream

UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
END = b"\x82\x00"


def frames_of(sent):
    """Return the kinds and payloads of a client's frames, which must be masked."""
    found = []
    while sent:
        size, begin = sent[1] & 0x7F, 2
        assert sent[1] & 0x80
        if size > 125:
            begin = {126: 4, 127: 10}[size]
            size = int.from_bytes(sent[2:begin], "big")
        mask, data = sent[begin : begin + 4], sent[begin + 4 : begin + 4 + size]
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        found.append((sent[0] & 0x0F, payload))
        sent = sent[begin + 4 + size :]
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70001])
def test_a_client_masks_its_frames_and_tells_their_length(size):
    payload = bytes(at % 251 for at in range(size))
    frame = encode(TEXT, payload, b"\x01\xfe\x80\x00")
    assert frame[0] == 0x81
    assert frames_of(frame) == [(TEXT, payload)]


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=300))), st.integers(1, 50))
def test_frames_are_found_however_they_are_cut(messages, cut):
    sent = b"".join(
        bytes([0x80 | (BINARY if is_binary else TEXT)])
        + (bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big"))
        + data
        for is_binary, data in messages
    )
    decoder = Decoder()
    found = [
        frame for at in range(0, len(sent), cut) for frame in decoder.feed(sent[at : at + cut])
    ]
    assert found == [Frame(BINARY if is_binary else TEXT, data) for is_binary, data in messages]


def test_the_parts_of_a_message_bear_its_kind_with_a_ping_between_them():
    sent = b"\x01\x01a" + b"\x89\x00" + b"\x00\x01b" + b"\x80\x01c"
    assert [frame.kind for frame in Decoder().feed(sent)] == [TEXT, PING, TEXT, TEXT]


def test_a_stream_gives_its_text_frames_to_the_empty_binary_one(says):
    endpoint = says(UPGRADE + b"\x81\x02hi", b"\x81\x03\x00\xff\xfe", END + b"\x81\x04late")
    with open_stream(endpoint, "/logs", {}) as stream:
        assert list(stream.pieces()) == [b"hi", b"\x00\xff\xfe"]
        assert (stream.ended, stream.cut) == (True, False)


@pytest.mark.parametrize(
    ("last", "is_cut"), [(END, False), (b"\x88\x02\x03\xe8", False), (b"", True)]
)
def test_a_stream_knows_whether_it_was_ended_or_cut(says, last, is_cut):
    with open_stream(says(UPGRADE + b"\x81\x02hi" + last), "/logs", {}) as stream:
        assert list(stream.pieces()) == [b"hi"]
        assert stream.cut is is_cut


def test_a_ping_is_answered_and_what_is_sent_arrives_in_order(says):
    with open_stream(says.and_listens(UPGRADE + b"\x89\x02hi"), "/exec", {}) as stream:
        stream.send(b"one")
        stream.finish()
        while stream.backlog:
            stream.wait(5)
        stream.send(b"x" * 70000)
        while stream.backlog:
            stream.wait(5)
    says.settle()
    sent = frames_of(says.heard)
    assert (PONG, b"hi") in sent
    assert [frame for frame in sent if frame[0] != PONG] == [
        (TEXT, b"one"),
        (BINARY, b""),
        (TEXT, b"x" * 70000),
    ]


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nno app\r\n", 404, "no app"),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", 401, "response status 401"),
    ],
)
def test_a_refused_stream_tells_its_status_and_text(says, answer, status, text):
    with pytest.raises(Answered) as refused:
        open_stream(says(answer), "/logs", {})
    assert (refused.value.status, str(refused.value)) == (status, text)


def test_a_handshake_that_is_cut_off_is_unreachable(says):
    with pytest.raises(Unreachable):
        open_stream(says(b"HTTP/1.1 101"), "/logs", {})
