"""Sources become slugs, with the real programs and the rights of nobody."""

import asyncio
import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from convox.engine.local.builder.build import build, discard
from convox.engine.local.builder.environment import process_environment
from convox.engine.local.builder.slug import Slug, load_slug, manifest_of
from convox.errors import HostError, InvalidInput
from convox.host.commands import check
from convox.manifest.parse import parse

USER = "nobody" if os.geteuid() == 0 else None


@dataclass
class Yard:
    """A place for one test's builds, which the app user may pass through."""

    root: Path
    lines: list[str] = field(default_factory=list)

    @property
    def slug(self) -> Path:
        return self.root / "slugs" / "app" / "BABC"

    def build(self, files: Mapping[str, str | bytes], **more: str) -> Slug:
        archive = self.pack(files)
        return asyncio.run(
            build(
                archive,
                self.slug,
                say=self.lines.append,
                user=USER,
                home=self.root / "builder",
                **more,
            )
        )

    def pack(self, files: Mapping[str, str | bytes]) -> Path:
        source = self.root / "source"
        shutil.rmtree(source, ignore_errors=True)
        for name, content in files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        archive = self.root / "source.tgz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(source, ".")
        return archive

    def output(self, slug: Slug, service: str, command: str) -> str:
        folder = slug.services[service]
        return asyncio.run(
            check(
                ["sh", "-c", command],
                cwd=folder,
                environment=process_environment(folder, user=USER),
                user=USER,
            )
        ).strip()


@pytest.fixture
def yard() -> Iterator[Yard]:
    root = Path(tempfile.mkdtemp(prefix="build-", dir="/tmp"))
    root.chmod(0o711)
    yield Yard(root)
    shutil.rmtree(root)


def wheel(name: str, code: str) -> dict[str, bytes]:
    """Return a minimal wheel, as a file of the source."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    digests = {
        path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        for path, text in files.items()
    }
    record = "".join(f"{path},sha256={digests[path]},\n" for path in files)
    path = Path(tempfile.mkstemp(suffix=".whl")[1])
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(member, text)
    data = path.read_bytes()
    path.unlink()
    return {f"wheels/{name}-1.0-py3-none-any.whl": data}


GREET = wheel("greet", "def main():\n    print('hello from a wheel')\n")
PYTHON = {
    "convox.yml": "services: {web: {command: greet}, sub: {build: sub, command: ls}}",
    "requirements.txt": "--no-index\n--find-links wheels\ngreet==1.0\n",
    "sub/page.html": "<p>",
    **GREET,
}


def test_a_python_app_gets_its_environment_when_it_has_requirements(yard: Yard) -> None:
    slug = yard.build(PYTHON)
    assert slug.services == {"web": yard.slug, "sub": yard.slug / "sub"}
    assert yard.output(slug, "web", "greet") == "hello from a wheel"
    assert yard.output(slug, "sub", "ls") == "page.html"
    assert "$ uv pip install -r requirements.txt" in yard.lines
    assert " + greet==1.0" in yard.lines


def test_a_project_gets_its_dependencies_when_it_has_no_build_system(yard: Yard) -> None:
    project = """
        [project]
        name = "web"
        version = "1"
        dependencies = ["greet"]
        [tool.uv]
        no-index = true
        find-links = ["wheels"]
    """
    slug = yard.build({"Procfile": "web: greet", "pyproject.toml": project, **GREET})
    assert slug.manifest == "Procfile"
    assert yard.output(slug, "web", "greet") == "hello from a wheel"


def test_no_environment_is_made_when_a_project_only_configures_tools(yard: Yard) -> None:
    slug = yard.build({"Procfile": "web: ls", "pyproject.toml": "[tool.ruff]\n"})
    assert not (slug.directory / ".venv").exists()


NODE = {
    "Procfile": "web: node index.js",
    "package.json": json.dumps(
        {
            "name": "page",
            "dependencies": {"shout": "file:./shout"},
            "scripts": {"build": "id -u > built.txt; shout"},
        }
    ),
    "shout/package.json": json.dumps({"name": "shout", "version": "1.0.0", "bin": "shout.js"}),
    "shout/shout.js": "#!/usr/bin/env node\nconsole.log('SHOUTED')\n",
    "index.js": "console.log(require('fs').readFileSync('built.txt', 'utf8').trim())",
}


def test_a_node_app_is_installed_and_built_when_it_has_a_package(yard: Yard) -> None:
    slug = yard.build(NODE)
    assert "SHOUTED" in yard.lines
    assert yard.output(slug, "web", "shout") == "SHOUTED"
    built_by = yard.output(slug, "web", "node index.js")
    assert built_by == yard.output(slug, "web", "id -u")
    assert built_by != "0"


def test_nothing_of_a_slug_belongs_to_the_app_user_when_it_is_built(yard: Yard) -> None:
    slug = yard.build(NODE)
    owners = {path.lstat().st_uid for path in (slug.directory, *slug.directory.rglob("*"))}
    assert owners == {os.geteuid()}
    if USER:
        with pytest.raises(HostError):
            yard.output(slug, "web", "touch new")


def test_a_slug_is_found_again_when_it_is_built_and_not_built_twice(yard: Yard) -> None:
    slug = yard.build({"Procfile": "web: ls"})
    assert load_slug(yard.slug) == slug
    assert yard.build({"Procfile": "web: other"}) == slug
    name, text = manifest_of(yard.slug)
    assert (name, parse(text, {}).services["web"].command[2]) == ("Procfile", "ls")


def test_a_build_starts_afresh_when_one_was_cut_off(yard: Yard) -> None:
    (yard.slug / "left").mkdir(parents=True)
    assert load_slug(yard.slug) is None
    yard.build({"Procfile": "web: ls"})
    assert not (yard.slug / "left").exists()


FAILURES: list[tuple[dict[str, str], str]] = [
    ({"a": ""}, "its source has no convox.yml and no Procfile; say there what to run"),
    ({"convox.yml": "services: {web: {}}"}, "convox.yml:1:12: service 'web' has no command"),
    ({"convox.yml": "services: {web: {image: x, command: y}}"}, "runs folders, not containers"),
    (
        {"convox.yml": "services: {web: {build: {path: ., manifest: Dockerfile}}}"},
        "cannot build service 'web': it has no command, and this rack runs folders",
    ),
    (
        {"convox.yml": "services: {web: {build: front, command: ls}}"},
        "cannot build service 'web': the source has no folder 'front'",
    ),
    (
        {"Procfile": "web: ls", "requirements.txt": "--no-index\nmissing==1\n"},
        "cannot build the app: 'uv pip install -r requirements.txt' ended with status 1",
    ),
    (
        {"Procfile": "web: ls", "package.json": '{"scripts": {"build": "exit 3"}}'},
        "cannot build the app: 'npm run build --if-present' ended with status 3",
    ),
    ({"Procfile": "web: ls", "pyproject.toml": "["}, "cannot read pyproject.toml: "),
]


@pytest.mark.parametrize(("files", "reason"), FAILURES)
def test_nothing_is_left_when_a_build_fails(yard: Yard, files: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        yard.build(files)
    assert reason in str(caught.value)
    assert [*yard.slug.parent.iterdir()] == []


def test_another_manifest_is_used_when_it_is_named(yard: Yard) -> None:
    files = {"convox.yml": "services: {}", "other.yml": "services: {web: {command: '${A}'}}"}
    slug = yard.build(files, manifest="other.yml", environment={"A": "ls"})
    assert (slug.manifest, [*slug.services]) == ("other.yml", ["web"])


def test_the_programs_end_and_nothing_is_left_when_a_build_is_cancelled(yard: Yard) -> None:
    mark = f"sleep 43{os.getpid() % 1000:03}"
    archive = yard.pack(
        {"Procfile": "web: ls", "package.json": json.dumps({"scripts": {"build": mark}})}
    )

    async def cancelled() -> None:
        seen = asyncio.Event()

        def say(line: str) -> None:
            if line.endswith(f"> {mark}"):
                seen.set()

        home = yard.root / "builder"
        async with asyncio.TaskGroup() as group:
            task = group.create_task(build(archive, yard.slug, say=say, user=USER, home=home))
            await seen.wait()
            task.cancel()

    asyncio.run(cancelled())
    assert [*yard.slug.parent.iterdir()] == []
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert mark not in running.stdout.splitlines()


def test_discarding_again_changes_nothing(yard: Yard) -> None:
    yard.build({"Procfile": "web: ls"})
    discard(yard.slug)
    discard(yard.slug)
    assert [*yard.slug.parent.iterdir()] == []
