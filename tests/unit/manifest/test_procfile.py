"""A Procfile as a manifest."""

import pytest

from convox.errors import InvalidInput
from convox.manifest.parse import read
from convox.manifest.types import Manifest, Port, Service


def test_web_gets_a_port_and_all_get_the_whole_environment() -> None:
    text = "# two\n\nweb: python -m http.server ${PORT}\nworker : echo a: b\n"
    assert read("Procfile", text, {"PORT": "1"}) == Manifest(
        services={
            "web": Service(
                name="web",
                command=("sh", "-c", "python -m http.server ${PORT}"),
                port=Port(number=3000),
                environment={"*": None},
            ),
            "worker": Service(
                name="worker", command=("sh", "-c", "echo a: b"), environment={"*": None}
            ),
        }
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read Procfile: it names no service"),
        ("web python", "Procfile:1:1: 'name: command' is expected"),
        ("web:", "Procfile:1:1: 'name: command' is expected"),
        ("Web: a\nweb: a\nweb: b", "Procfile:3:1: 'web' stands here twice"),
        ("release: migrate", "Procfile:1:1: 'release' would run for ever"),
    ],
)
def test_a_line_is_named_when_it_is_no_service(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read("Procfile", text, {})
    assert message in str(caught.value)
