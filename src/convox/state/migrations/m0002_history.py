"""The history, and a first fence around it: the database refuses to edit it.

The fence keeps a mistake out, not a person who may also remove it; the chain of digests shows what
that person did.
"""

import sqlalchemy as sa

audit = sa.Table(
    "audit",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("time", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
)

_REFUSAL = "cannot edit the history: entries are only added at its end"
_NEXT = "(SELECT coalesce(max(number), 0) + 1 FROM audit)"

# INSERT OR REPLACE removes what was there without a word to the trigger for removals; the one for
# insertions sees it.
_SQLITE = [
    f"""CREATE TRIGGER audit_{event} BEFORE {event} ON audit {condition}
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"""
    for event, condition in (
        ("insert", f"WHEN NEW.number <> {_NEXT}"),
        ("update", ""),
        ("delete", ""),
    )
]
_POSTGRESQL = [
    f"""CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    f"""CREATE FUNCTION audit_extend() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF NEW.number <> {_NEXT} THEN RAISE EXCEPTION '{_REFUSAL}'; END IF;
            RETURN NEW;
        END $$""",
    """CREATE TRIGGER audit_insert BEFORE INSERT ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_extend()""",
    """CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
]


def expand(connection: sa.Connection) -> None:
    """Create the table and its fence."""
    audit.create(connection)
    fence = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    for statement in fence:
        connection.exec_driver_sql(statement)
