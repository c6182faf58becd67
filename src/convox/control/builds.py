"""Builds: turn an uploaded source into a release, in the background."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from convox.control import build_log, lookup
from convox.control.build_log import BuildLog
from convox.control.desired import environment
from convox.control.objects import Objects
from convox.control.places import Places
from convox.control.releases import Releases
from convox.control.views import BuildStatus, BuildView
from convox.errors import RackError
from convox.host.clock import Clock
from convox.host.growing import has_writer
from convox.host.ids import IdSource, build_id
from convox.manifest.parse import parse
from convox.resources.resource import check_resource
from convox.state.database import Database
from convox.state.schema import builds

_log = logging.getLogger(__name__)


class Builder(Protocol):
    """What makes a slug of a source."""

    async def __call__(
        self,
        archive: Path,
        slug: Path,
        *,
        say: Callable[[str], None],
        environment: Mapping[str, str],
        manifest: str | None,
    ) -> str:
        """Build a ``tar.gz`` into the directory ``slug``; return the text of its ``convox.yml``.

        ``manifest`` names the file where it is not the usual one.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a build is made of; ``manifest`` names the file where it is not the usual one."""

    url: str
    archive: Path
    manifest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Builds:
    """The builds of apps.

    A build belongs to the control plane that began it, until it ends; ``tasks`` is that one's.
    """

    database: Database
    places: Places
    objects: Objects
    releases: Releases
    build: Builder
    tasks: asyncio.TaskGroup
    clock: Clock
    ids: IdSource

    def create(
        self, app: str, url: str, *, description: str, git_sha: str, manifest: str | None
    ) -> BuildView:
        """Begin to build the source that was uploaded to ``url``."""
        archive = self.objects.of_url(app, url)
        source = Source(url=url, archive=archive, manifest=manifest)
        id = build_id(self.ids)  # noqa: A001 - the column's name
        log = BuildLog(self.places.build_log(app, id))
        try:
            created = self._record(app, id, description=description, git_sha=git_sha)
        except BaseException:
            log.close()
            raise
        self.tasks.create_task(self._carry_out(created, source, log))
        return created

    def list(self, app: str, limit: int) -> Sequence[BuildView]:
        """Return an app's newest builds, the newest first."""
        query = (
            sa.select(builds)
            .where(builds.c.app == app)
            .order_by(builds.c.started.desc(), builds.c.id.desc())
            .limit(max(0, limit))
        )
        with self.database.begin() as connection:
            lookup.app(connection, app)
            return [_view(row) for row in connection.execute(query)]

    def get(self, app: str, build: str) -> BuildView:
        """Return one build."""
        with self.database.begin() as connection:
            return _view(lookup.build(connection, app, build))

    def logs(self, app: str, build: str) -> AsyncIterator[bytes]:
        """Yield all that a build says from its start, until it has ended."""
        self.get(app, build)
        path = self.places.build_log(app, build)
        return build_log.read(path, self.clock, has_ended=lambda: not has_writer(path))

    def fail_abandoned(self) -> None:
        """Mark the builds that nobody carries out any more as failed."""
        query = sa.select(builds).where(builds.c.status == BuildStatus.RUNNING)
        with self.database.begin() as connection:
            running = [_view(row) for row in connection.execute(query)]
        for found in running:
            if not has_writer(self.places.build_log(found.app, found.id)):
                self._finish(found, reason="the rack stopped while it was building; build again")

    async def _carry_out(self, created: BuildView, source: Source, log: BuildLog) -> None:
        """Build to whatever end, and record it; a build whose end is not recorded is abandoned."""
        try:
            reason = await self._outcome(created, source, log)
            if reason:
                log.say(f"ERROR: {reason}")
                slug = self.places.slug(created.app, created.id)
                await asyncio.to_thread(shutil.rmtree, slug, ignore_errors=True)
                self._finish(created, reason=reason)
            self.objects.used(created.app, source.url)
        except Exception:  # noqa: BLE001 - a build's end must not be the control plane's
            _log.exception("cannot record the end of build %s", created.id)
        finally:
            log.close()

    async def _outcome(self, created: BuildView, source: Source, log: BuildLog) -> str:
        """Build; return why that failed, empty where it did not."""
        try:
            await self._build(created, source, log)
        except RackError as error:
            return str(error)
        except Exception:  # noqa: BLE001 - the same
            _log.exception("cannot build %s of %s", created.id, created.app)
            return "the rack made a mistake; its log says which"
        return ""

    async def _build(self, created: BuildView, source: Source, log: BuildLog) -> None:
        slug = self.places.slug(created.app, created.id)
        slug.parent.mkdir(parents=True, exist_ok=True)
        with self.database.begin() as connection:
            newest = lookup.newest_release(connection, created.app)
        variables = environment(newest.environment) if newest else {}
        text = await self.build(
            source.archive,
            slug,
            say=log.say,
            environment=variables,
            manifest=source.manifest,
        )
        for resource in parse(text, variables).resources.values():
            check_resource(resource.name, resource.type, resource.options)
        with self.database.begin() as connection:
            release = self.releases.add(
                connection,
                created.app,
                build=created.id,
                variables=None,
                description=created.description,
            )
            self._update(
                connection,
                created,
                status=BuildStatus.COMPLETE,
                manifest=text,
                slug=str(slug),
                release=release,
            )

    def _record(self, app: str, id: str, *, description: str, git_sha: str) -> BuildView:  # noqa: A002 - the column's name
        with self.database.begin() as connection:
            lookup.app(connection, app)
            connection.execute(
                builds.insert().values(
                    id=id,
                    app=app,
                    status=BuildStatus.RUNNING,
                    description=description,
                    manifest="",
                    reason="",
                    git_sha=git_sha,
                    started=self.clock.now(),
                )
            )
            return _view(lookup.build(connection, app, id))

    def _finish(self, build: BuildView, *, reason: str) -> None:
        with self.database.begin() as connection:
            self._update(connection, build, status=BuildStatus.FAILED, reason=reason)

    def _update(self, connection: sa.Connection, build: BuildView, **values: Any) -> None:
        """Record the end of a build that is still running."""
        connection.execute(
            builds.update()
            .where(builds.c.id == build.id, builds.c.status == BuildStatus.RUNNING)
            .values(ended=self.clock.now(), **values)
        )


def _view(row: sa.Row[Any]) -> BuildView:
    return BuildView(
        id=row.id,
        app=row.app,
        status=BuildStatus(row.status),
        description=row.description,
        manifest=row.manifest,
        release=row.release,
        reason=row.reason,
        git_sha=row.git_sha,
        started=row.started,
        ended=row.ended,
    )
