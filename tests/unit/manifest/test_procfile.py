"""A Procfile as a convox.yml."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.errors import InvalidInput
from convox.manifest.parse import parse
from convox.manifest.procfile import translate
from convox.manifest.types import Manifest, Port, Service


def test_web_gets_a_port_and_all_get_the_whole_environment() -> None:
    text = "# two\n\nweb: python -m http.server ${PORT}\nworker : echo a: $b\n"
    assert parse(translate(text), {"PORT": "the rack's"}) == Manifest(
        services={
            "web": Service(
                name="web",
                command=("sh", "-c", "python -m http.server ${PORT-}"),
                port=Port(number=3000),
                environment={"*": None},
            ),
            "worker": Service(
                name="worker", command=("sh", "-c", "echo a: $b"), environment={"*": None}
            ),
        }
    )


@given(st.text(min_size=1).filter(lambda text: "\n" not in text and "${" not in text))
def test_a_command_stays_what_it_is_whatever_its_characters(text: str) -> None:
    command = f"echo {text}".strip()
    service = parse(translate(f"work: {command}"), {}).services["work"]
    assert service.command == ("sh", "-c", command)


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
        translate(text)
    assert message in str(caught.value)
