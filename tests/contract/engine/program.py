"""What the tests run as an app: a server, or whatever the first word says."""

import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        switch = Path("status")
        status = int(switch.read_text()) if switch.exists() else 200
        self.send_response(302 if self.path == "/moved" else status)
        self.end_headers()
        self.wfile.write(json.dumps(dict(os.environ)).encode())

    def log_message(self, *words):
        pass


def listen(host, port=None):
    return http.server.ThreadingHTTPServer((host, int(port or os.environ["PORT"])), Answers)


def serve(host=None):
    server = listen(host or os.environ["HOST"])
    print("serving", flush=True)
    server.serve_forever()


def serve_tls(certificate):
    server = listen(os.environ["HOST"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


def speak_no_http():
    with socket.create_server((os.environ["HOST"], int(os.environ["PORT"]))) as server:
        while True:
            talk, _ = server.accept()
            talk.sendall(b"hello\n")
            talk.close()


def sleep():
    time.sleep(600)


def fail(status, text):
    print(text, file=sys.stderr)
    sys.exit(int(status))


def say_farewell():
    def leave(number, frame):
        print("finishing", flush=True)
        time.sleep(0.3)
        print("finished", flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    print("ready", flush=True)
    sleep()


def ignore():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", flush=True)
    sleep()


def have_children(then):
    """Start a child, and a daemon that leaves the session; write their numbers; carry on."""
    child = subprocess.Popen(["sleep", "600"])
    daemon = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print("children", child.pid, daemon.pid, flush=True)
    if then == "crash":
        time.sleep(0.5)
        sys.exit(3)
    sleep()


def report():
    print(
        json.dumps(
            {
                "environment": dict(os.environ),
                "ids": [*os.getresuid(), *os.getresgid()],
                "groups": os.getgroups(),
                "directory": str(Path.cwd()),
            }
        ),
        flush=True,
    )
    sleep()


def count(until):
    for number in range(int(until)):
        print(f"line {number}", flush=True)
    sleep()


def tick():
    for number in range(100000):
        print(f"tick {number}", flush=True)
        time.sleep(0.05)


def garble():
    sys.stdout.buffer.write(b"\xff\xfe\x00garbage\r\n" + b"x" * 40000 + b"\nafter\nno end")
    sys.stdout.flush()
    sleep()


globals()[sys.argv[1]](*sys.argv[2:])
