"""Commands that run in processes: what they are given, and what comes back."""

MARKER = b"F1E49A85-0AD7-4AEF-A618-C249C6E6568D:"


def test_a_command_gets_stdin_and_gives_its_output_and_status(typed, peer):
    def upper(socket):
        socket.send(1, b"ready\xff\n")
        socket.send(1, socket.receive_all().upper())
        socket.send(1, MARKER + b"7\n")
        socket.send(2, b"")

    peer.streams["/apps/app1/processes/pid1/exec"] = upper
    given = bytes(range(32, 127)) * 2000
    ended = typed("exec pid1 tr -- -d x", stdin=given)
    assert (ended.status, ended.out) == (7, "ready\udcff\n" + given.decode().upper())
    sent = peer.heads[0]
    assert (sent["Command"], sent["Tty"]) == ("tr -d x", "false")
    assert not {"Height", "Width", "Entrypoint"} & sent.keys()


def test_what_a_command_prints_comes_out_to_the_byte(typed, peer):
    def echo(socket):
        data = socket.receive_all()
        for at in range(0, len(data), 1000):
            socket.send(1, data[at : at + 1000])
        socket.send(1, b"last" + MARKER + b"-1\n")
        socket.send(2, b"")

    peer.streams["/apps/app1/processes/pid1/exec"] = echo
    given = ("abc\n" * 100_000).encode()
    ended = typed("exec pid1 cat", stdin=given)
    assert (ended.status, ended.out) == (255, given.decode() + "last")


def test_a_command_whose_connection_breaks_is_not_taken_for_done(typed, peer):
    peer.streams["/apps/app1/processes/pid1/exec"] = lambda socket: socket.send(1, b"half")
    ended = typed("exec pid1 cat")
    assert (ended.status, ended.out) == (1, "half")
    assert "the connection broke before the command ended" in ended.err


def test_a_run_starts_a_process_runs_the_command_in_it_and_stops_it(typed, peer):
    peer.answer("POST /apps/app1/services/web/processes", {"id": "pid1"})
    peer.answer(
        "GET /apps/app1/processes/pid1", *({"status": each} for each in ("pending", "running"))
    )
    peer.answer("DELETE /apps/app1/processes/pid1", "ok")
    peer.stream("/apps/app1/processes/pid1/exec", b"hello\n", MARKER + b"3\n")
    ended = typed("run web echo hello -t 60 --release R1")
    assert (ended.status, ended.out) == (3, "hello\n")
    assert peer.requests == [
        "POST /apps/app1/services/web/processes",
        "GET /apps/app1/processes/pid1",
        "GET /apps/app1/processes/pid1",
        "SOCKET /apps/app1/processes/pid1/exec",
        "DELETE /apps/app1/processes/pid1",
    ]
    started, attached = peer.heads[0], peer.heads[3]
    assert (started["Command"], started["Release"]) == ("sleep 60", "R1")
    assert (attached["Command"], attached["Entrypoint"]) == ("echo hello", "true")
