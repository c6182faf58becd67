"""Writes a row to the database five times a second, until it is asked to end."""

import os
import signal
import threading

import psycopg

from database import URL, create_tables

PROCESS = f"{os.environ.get('HOST', 'local')}/{os.getpid()}"
PAUSE = 0.2  # seconds

ending = threading.Event()


def main():
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    create_tables()
    print(f"{PROCESS} begins")
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute("DELETE FROM heartbeats WHERE at < now() - interval '1 day'")
        while not ending.wait(PAUSE):
            connection.execute("INSERT INTO heartbeats (process) VALUES (%s)", (PROCESS,))
    print(f"{PROCESS} ends")


if __name__ == "__main__":
    main()
