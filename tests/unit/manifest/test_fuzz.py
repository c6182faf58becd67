"""Whatever the text: a manifest, or ``InvalidInput`` that names a place."""

import string
from collections.abc import Callable

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from convox.errors import InvalidInput
from convox.manifest.parse import parse
from convox.manifest.procfile import translate
from convox.manifest.types import Manifest

WORDS = [
    *("services", "resources", "timers", "environment", "params", "web", "command", "port"),
    *("health", "path", "interval", "scale", "count", "min", "max", "build", "image", "agent"),
    *("domain", "deployment", "minimum", "maximum", "drain", "termination", "grace", "type"),
    *("options", "schedule", "service", "volumes", "<<", "singleton", "sticky", "postgres"),
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(WORDS),
    st.from_regex(r"[0-9]{1,5}-?[0-9]{0,5}", fullmatch=True),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    ),
)
yaml_like = st.text(alphabet="abw:-[]{}&*<!|>'\"#%@`?,~ \n\t" + string.digits)
pieces = st.lists(
    st.sampled_from([*WORDS, ": ", "\n", "\n  ", "- ", "[", "]", "{", "}", "&a ", "*a", "${A}"])
).map("".join)


def outcome(text: str, form: Callable[[str], str] = str) -> Manifest | str:
    try:
        return parse(form(text), {"A": text[:9]})
    except InvalidInput as error:
        return str(error)


@settings(deadline=None)
@given(st.one_of(st.text(), yaml_like, pieces))
def test_any_text_is_a_manifest_or_invalid_input(text: str) -> None:
    result = outcome(text)
    assert isinstance(result, Manifest) or "convox.yml" in result


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(WORDS), values, max_size=5))
def test_any_document_is_a_manifest_or_invalid_input(document: dict[str, object]) -> None:
    result = outcome(yaml.safe_dump(document))
    assert isinstance(result, Manifest) or "convox.yml" in result


@settings(deadline=None)
@given(values)
def test_any_service_is_a_manifest_or_invalid_input(service: object) -> None:
    result = outcome(yaml.safe_dump({"services": {"web": service}}))
    assert isinstance(result, Manifest) or "convox.yml" in result


@settings(deadline=None)
@given(st.text())
def test_any_procfile_is_a_manifest_or_invalid_input(text: str) -> None:
    result = outcome(text, translate)
    assert isinstance(result, Manifest) or "Procfile" in result
