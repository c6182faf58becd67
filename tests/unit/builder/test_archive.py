"""Unpacking what nobody vouches for."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convox.engine.local.builder.archive import unpack
from convox.errors import InvalidInput

Entry = tuple[str, bytes, str | bytes]
"""A name, a type of tar's, and its content or where it links to."""

FILE, DIRECTORY, SYMLINK, HARDLINK = (
    tarfile.REGTYPE,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
)


def packed(*entries: Entry) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, kind, rest in entries:
            member = tarfile.TarInfo(name)
            member.type = kind
            content = rest if isinstance(rest, bytes) else b""
            member.linkname = rest if isinstance(rest, str) else ""
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def unpacked(tmp_path: Path, data: bytes, **limits: int) -> Path:
    archive, directory = tmp_path / "source.tgz", tmp_path / "source"
    archive.write_bytes(data)
    directory.mkdir()
    unpack(archive, directory, **limits)
    return directory


def test_files_directories_and_links_arrive_when_all_stay_inside(tmp_path: Path) -> None:
    source = unpacked(
        tmp_path,
        packed(
            ("./", DIRECTORY, b""),
            ("./a/b.txt", FILE, b"hello"),
            ("a/again.txt", HARDLINK, "a/b.txt"),
            ("a/link", SYMLINK, "../a/b.txt"),
            ("dangling", SYMLINK, "nowhere"),
            ("a/b.txt", FILE, b"later wins"),
        ),
    )
    assert (source / "a/b.txt").read_bytes() == b"later wins"
    assert (source / "a/again.txt").read_bytes() == b"hello"
    assert (source / "a/link").read_bytes() == b"later wins"
    assert (source / "dangling").is_symlink()


def test_only_whether_a_file_is_executable_is_kept_of_its_mode(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, mode in (("run", 0o6777), ("text", 0o600)):
            member = tarfile.TarInfo(name)
            member.mode = mode
            tar.addfile(member)
    source = unpacked(tmp_path, buffer.getvalue())
    modes = {path.name: path.stat().st_mode & 0o7777 for path in source.iterdir()}
    assert modes == {"run": 0o755, "text": 0o644}


EVIL: list[tuple[tuple[Entry, ...], str]] = [
    ((("../x", FILE, b""),), "../x lies outside of it"),
    ((("/etc/x", FILE, b""),), "/etc/x lies outside of it"),
    ((("a/../../x", FILE, b""),), "a/../../x lies outside of it"),
    ((("l", SYMLINK, "/etc"),), "l links to /etc, outside of it; list it in .dockerignore"),
    ((("l", SYMLINK, "../x"),), "l links to ../x, outside of it"),
    ((("a/l", SYMLINK, "../../x"),), "a/l links to ../../x, outside of it"),
    ((("l", SYMLINK, "."), ("l/x", FILE, b"")), "l/x lies below l, which is no directory"),
    ((("f", FILE, b""), ("f/x", FILE, b"")), "f/x lies below f, which is no directory"),
    (
        (("a/b/up", SYMLINK, "../.."), ("out", SYMLINK, "a/b/up/../x")),
        "out links to a/b/up/../x, outside of it",
    ),
    ((("l", SYMLINK, "l"),), "l links to l, outside of it"),
    ((("l", SYMLINK, ""),), "l is a link to nothing"),
    ((("l" * 300, FILE, b""),), "it holds too long a name"),
    ((("h", HARDLINK, "/etc/passwd"),), "/etc/passwd lies outside of it"),
    ((("h", HARDLINK, "missing"),), "h is a link to missing, which is no file of it"),
    (
        (("up", SYMLINK, "d/.."), ("d/x", FILE, b""), ("h", HARDLINK, "up/etc/passwd")),
        "h is a link to up/etc/passwd, which is no file of it",
    ),
    ((("n", tarfile.CHRTYPE, b""),), "n is neither a file nor a directory nor a link"),
    ((("n", tarfile.FIFOTYPE, b""),), "n is neither a file nor a directory nor a link"),
    ((("d/x", FILE, b""), ("d", FILE, b"")), "d is a directory and something else"),
    ((("big", FILE, b"x" * 2000),), "it is larger than 0 MiB"),
]


@pytest.mark.parametrize(("entries", "reason"), EVIL)
def test_a_member_is_refused_when_it_would_reach_outside_or_be_too_much(
    tmp_path: Path, entries: tuple[Entry, ...], reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        unpacked(tmp_path, packed(*entries), largest=1000)
    assert str(caught.value).startswith("cannot unpack the source: ")
    assert reason in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"source", "source.tgz"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"no gzip",
        lambda data: data[: len(data) // 2],
        lambda data: data[:20] + b"\0" * 9 + data[29:],
    ],
)
def test_a_file_is_refused_when_it_is_no_whole_archive(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    data = packed(("a", FILE, bytes(range(256)) * 50))
    with pytest.raises(InvalidInput, match="it is no tar"):
        unpacked(tmp_path, spoil(data))


names = st.lists(st.sampled_from(["a", "b", "..", ".", "", "c"]), min_size=1, max_size=4).map(
    "/".join
)
entries = st.one_of(
    st.tuples(names, st.sampled_from([FILE, DIRECTORY]), st.binary(max_size=3)),
    st.tuples(names, st.sampled_from([SYMLINK, HARDLINK]), names),
)


@settings(deadline=None)
@given(st.lists(entries, max_size=6))
def test_nothing_leads_outside_whatever_the_members(
    tmp_path_factory: pytest.TempPathFactory, members: list[Entry]
) -> None:
    directory = tmp_path_factory.mktemp("fuzz")
    try:
        source = unpacked(directory, packed(*members))
    except InvalidInput:
        source = directory / "source"
    else:
        assert all(path.resolve().is_relative_to(source) for path in source.rglob("*"))
    assert {path.name for path in directory.iterdir()} == {"source", "source.tgz"}
