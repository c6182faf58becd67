"""``convox build`` and ``convox deploy``: what is packed, sent, begun and shown."""

import io
import re
import subprocess
import tarfile

import pytest

APP = {"name": "app1", "status": "running", "release": "release1"}
BEGIN = "Packaging source... OK\nUploading source... OK\nStarting build... OK\nstep 1\nstep 2\n"


@pytest.fixture
def buildable(peer, folder):
    """A folder to build and a rack that builds it."""
    (folder / "convox.yml").write_text("services:\n  web: {}\n")
    peer.answer("POST /apps/app1/builds", {"id": "B1", "app": "app1"})
    peer.answer(
        "GET /apps/app1/builds/B1",
        {"id": "B1", "status": "running"},
        {"id": "B1", "status": "complete", "release": "R1"},
    )
    peer.stream("/apps/app1/builds/B1/logs", b"step 1\n", b"step 2\n")
    return peer


@pytest.fixture
def accepts_uploads(peer):
    """A rack that takes any object; its key is the client's own choice."""

    class AnyObject(dict):
        def get(self, request, default=None):
            if request.startswith("POST /apps/app1/objects/tmp/"):
                return [(200, {"Url": "object://app1/tmp/x.tgz"})]
            return super().get(request, default)

        def __missing__(self, request):
            return self.setdefault(request, [])

    peer.answers = AnyObject()


def test_a_build_uploads_the_folder_and_prints_each_line_of_its_log_once(
    typed, accepts_uploads, buildable
):
    ended = typed("build -d words --build-args A=1 --build-args B=2 --no-cache")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"{BEGIN}Build:   B1\nRelease: R1\n"
    upload, begin, *rest = buildable.requests
    assert re.fullmatch(r"POST /apps/app1/objects/tmp/[0-9a-f]{30}\.tgz", upload)
    assert begin == (
        "POST /apps/app1/builds url=object://app1/tmp/x.tgz"
        " build-args=A=1,B=2 description=words no-cache=true"
    )
    log, look = "SOCKET /apps/app1/builds/B1/logs", "GET /apps/app1/builds/B1"
    assert rest == [log, look, log, look, log]
    assert buildable.heads[0]["Content-Type"] == "application/octet-stream"
    with tarfile.open(fileobj=io.BytesIO(buildable.bodies[0])) as archive:
        assert archive.getnames() == ["convox.yml"]


def test_a_deploy_promotes_what_was_built(typed, accepts_uploads, buildable):
    buildable.answer("GET /apps/app1", APP)
    buildable.answer("POST /apps/app1/releases/R1/promote", "ok")
    ended = typed("deploy")
    assert (ended.status, ended.out) == (0, f"{BEGIN}Promoting R1... OK\n")


def test_only_the_id_goes_to_the_results_when_that_is_asked_for(typed, accepts_uploads, buildable):
    ended = typed("build --id")
    assert (ended.out, ended.err) == ("B1", f"{BEGIN}Build:   B1\nRelease: R1\n")


def test_a_failed_build_is_an_error(typed, accepts_uploads, buildable):
    buildable.answers["GET /apps/app1/builds/B1"] = [(200, {"id": "B1", "status": "failed"})]
    ended = typed("deploy")
    assert (ended.status, ended.out, ended.err) == (1, BEGIN, "ERROR: build failed\n")


def test_a_build_tells_its_commit_when_the_folder_is_as_committed(
    typed, accepts_uploads, buildable, folder
):
    git = ["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first words"], check=True)
    typed("build", PROVIDER="")
    sha = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    begun = buildable.requests[1]
    assert re.search(rf" description=build {sha[:7]} first words git-sha={sha}$", begun)
    (folder / "new").touch()
    typed("build", PROVIDER="")
    assert "git-sha" not in [line for line in buildable.requests if "/builds url" in line][1]


def test_a_folder_that_is_not_there_is_told(typed, peer):
    ended = typed("build nowhere")
    assert ended.status == 1
    assert ended.err.endswith("/nowhere: there is no such folder\n")
    assert peer.requests == []


def test_the_log_of_a_build_is_printed_when_there_is_such_a_build(typed, buildable):
    assert typed("builds logs B1").out == "step 1\nstep 2\n"
    assert typed("builds logs B2").status == 1
