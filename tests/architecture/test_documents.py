"""What the documents point at is there."""

import re
from pathlib import Path

import pytest

DOCUMENTS = [
    *Path().glob("*.md"),
    *Path("docs").rglob("*.md"),
    *Path("examples").glob("*.md"),
]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FILE = re.compile(r"`((?:src/convox/|tests/)[\w./]+)`")


def test_there_are_documents_to_read():
    assert {"README.md", "ARCHITECTURE.md", "GLOSSARY.md"} <= {path.name for path in DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_and_files_are_there(document):
    text = document.read_text()
    named = [document.parent / link for link in LINK.findall(text)]
    named += [Path(file) for file in FILE.findall(text)]
    assert [str(path) for path in named if not path.exists()] == []


@pytest.mark.parametrize(("document", "least"), [("ARCHITECTURE.md", 7), ("docs/trust.md", 40)])
def test_every_test_that_proves_something_is_there(document, least):
    proofs = TEST.findall(Path(document).read_text())
    assert len(proofs) >= least
    missing = [f"{file}::{name}" for file, name in proofs if f"def {name}(" not in _text(file)]
    assert missing == []


def _text(file: str) -> str:
    return Path(file).read_text() if Path(file).exists() else ""
