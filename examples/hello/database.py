"""The tables, and how to reach them."""

import os

import psycopg

URL = os.environ["DATABASE_URL"]

TABLES = """
SELECT pg_advisory_xact_lock(1);
CREATE TABLE IF NOT EXISTS visits (count bigint NOT NULL);
INSERT INTO visits SELECT 0 WHERE NOT EXISTS (SELECT FROM visits);
CREATE TABLE IF NOT EXISTS heartbeats (
    process text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS heartbeats_at ON heartbeats (at);
"""
"""Processes that start together take turns."""


def create_tables() -> None:
    with psycopg.connect(URL) as connection:
        connection.execute(TABLES)
