"""The present form of every table. A test holds it against what the migrations make."""

import sqlalchemy as sa

from convox.state.database import Instant

metadata = sa.MetaData()

parameters = sa.Table(
    "parameters",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
"""The rack's parameters, as people set them."""

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)
"""What the rack knows of itself: name, version, image, ..."""

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("token", sa.Integer, nullable=False),
)

apps = sa.Table(
    "apps",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("created", Instant, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
)

builds = sa.Table(
    "builds",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("description", sa.String, nullable=False),
    sa.Column("manifest", sa.Text, nullable=False),
    sa.Column("slug", sa.String),
    sa.Column("release", sa.String),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("git_sha", sa.String, nullable=False),
    sa.Column("started", Instant, nullable=False),
    sa.Column("ended", Instant),
)

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("build", sa.String),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("description", sa.String, nullable=False),
    sa.Column("created", Instant, nullable=False),
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("count", sa.Integer),
    sa.Column("cpu", sa.Integer),
    sa.Column("memory", sa.Integer),
    sa.Column("restarts", sa.Integer, nullable=False),
)
"""What a person set for a service over its manifest, and how often they asked for a restart."""

deployments = sa.Table(
    "deployments",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("release", sa.String, nullable=False),
    sa.Column("previous", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("started", Instant, nullable=False),
    sa.Column("deadline", Instant, nullable=False),
    sa.Column("cause", sa.String, nullable=False),
)
"""The latest deployment of each app. What an app runs follows from it: ``release`` where it is
done, ``previous`` where it was undone; no second record could disagree."""

processes = sa.Table(
    "processes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("service", sa.String, nullable=False),
    sa.Column("release", sa.String, nullable=False),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("instance", sa.String, nullable=False),
    sa.Column("phase", sa.String, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("one_off", sa.Boolean, nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
)
"""``moves``: how many processes came before this one only to change the instance."""

instances = sa.Table(
    "instances",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("image", sa.String, nullable=False),
    sa.Column("phase", sa.String, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("cordoned", sa.Boolean),
    sa.Column("dismissed", sa.Boolean),
)
"""``cordoned`` and ``dismissed`` are what a person did with it; no value stands for no."""

failed_boots = sa.Table(
    "failed_boots",
    metadata,
    sa.Column("image", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("first", Instant, nullable=False),
    sa.Column("last", Instant, nullable=False),
)
"""How many instances of an image in a row did not become ready; none once one did."""

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("password", sa.String, nullable=False),
    sa.Column("created", Instant, nullable=False),
)

rack_releases = sa.Table(
    "rack_releases",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("update", sa.String),
)
"""The versions that ran, in order; ``update`` is the id of the one that brought it."""

updates = sa.Table(
    "updates",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("origin", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("cause", sa.String, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("ended", Instant),
    sa.Column("asked_by", sa.String, nullable=False, server_default=""),
    sa.Column("acknowledged", sa.Boolean, nullable=False, server_default=sa.false()),
)

update_steps = sa.Table(
    "update_steps",
    metadata,
    sa.Column("update", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("started", Instant),
    sa.Column("ended", Instant),
)
"""``facts``: the number of its hop, and what the step noted for its undo."""

shown_plans = sa.Table(
    "shown_plans",
    metadata,
    sa.Column("hash", sa.String, primary_key=True),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("created", Instant, nullable=False),
)
"""What people were shown, so that an update that would differ can say how."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("time", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
)
"""The history, its times and details as texts: what the digests were made of, to the letter."""

notice_receivers = sa.Table(
    "notice_receivers",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("form", sa.String, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("kinds", sa.JSON, nullable=False),
    sa.Column("secret", sa.String, nullable=False),
    sa.Column("server", sa.String, nullable=False),
    sa.Column("created", Instant, nullable=False),
)
"""Whom people want to be told; ``kinds`` empty for all."""

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("time", Instant, nullable=False),
    sa.Column("rack", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)
"""What somebody has still to be told, written with what it tells of."""

notice_deliveries = sa.Table(
    "notice_deliveries",
    metadata,
    sa.Column("notice", sa.String, primary_key=True),
    sa.Column("receiver", sa.String, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", Instant, nullable=False),
)
"""What is on its way to whom; a row goes when it has arrived or is given up."""

notice_attempts = sa.Table(
    "notice_attempts",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("time", Instant, nullable=False),
    sa.Column("notice", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("receiver", sa.String, nullable=False),
    sa.Column("result", sa.String, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("due", Instant),
)
"""What came of each attempt to deliver; only the newest are kept."""
