"""What ``convox.yml`` means, and how each mistake in it is said."""

import textwrap

import pytest

from convox.errors import InvalidInput
from convox.manifest.parse import parse
from convox.manifest.types import (
    Deployment,
    Health,
    Manifest,
    Port,
    Resource,
    Scale,
    Service,
    Timer,
)

WHOLE = """\
environment:
  - LOG=info
  - SECRET
params:
  Size: 3
resources:
  database:
    type: postgres
    options:
      storage: 20
services:
  web:
    build:
      path: ./front
    command: [bin/web, --fast]
    domain: a.example.org, b.example.org
    drain: 300
    environment:
      - LOG=debug
    health:
      path: /check
      interval: 9
    port: https:4000
    resources: [database]
    scale:
      count: 2
      cpu: 128
      memory: 64
    sticky: false
    termination:
      grace: 45
    test: make test
  worker:
    command: bin/work --name ${NAME}
    singleton: true
    tags:
      team: blue
timers:
  clean:
    schedule: 0 3 * * ?
    command: bin/clean
    service: worker
"""


def parsed(text: str, **environment: str) -> Manifest:
    return parse(textwrap.dedent(text), environment)


def test_every_key_is_read_when_the_manifest_says_everything() -> None:
    assert parse(WHOLE, {"NAME": "bee"}) == Manifest(
        services={
            "web": Service(
                name="web",
                build="front",
                command=("bin/web", "--fast"),
                port=Port(number=4000, scheme="https"),
                health=Health(path="/check", interval=9, timeout=8, grace=9),
                scale=Scale(count=2, cpu=128, memory=64),
                environment={"LOG": "debug", "SECRET": None},
                domains=("a.example.org", "b.example.org"),
                resources=("database",),
                sticky=False,
                drain=300,
                grace=45,
                test="make test",
            ),
            "worker": Service(
                name="worker",
                command=("sh", "-c", "bin/work --name bee"),
                deployment=Deployment(minimum=0, maximum=100),
                environment={"LOG": "info", "SECRET": None},
                singleton=True,
            ),
        },
        resources={
            "database": Resource(name="database", type="postgres", options={"storage": "20"})
        },
        timers={
            "clean": Timer(
                name="clean", schedule="0 3 * * ?", command="bin/clean", service="worker"
            )
        },
        params={"Size": "3"},
    )


def test_defaults_apply_when_a_service_says_only_what_to_run() -> None:
    assert parsed("services: {web: {command: run}}").services["web"] == Service(
        name="web", command=("sh", "-c", "run")
    )


ACCEPTED = [
    ("port: 3000", "port", Port(number=3000)),
    ("port: '3000'", "port", Port(number=3000)),
    ("port: {port: 3000, scheme: https}", "port", Port(number=3000, scheme="https")),
    ("health: /up", "health", Health(path="/up")),
    ("health: {interval: 1}", "health", Health(interval=1, timeout=1, grace=1)),
    ("scale: 0", "scale", Scale(count=0)),
    ("scale: 3-3", "scale", Scale(count=3)),
    ("scale: {count: {min: 2, max: 2}, cooldown: 9}", "scale", Scale(count=2)),
    ("agent: true", "deployment", Deployment(minimum=0, maximum=100)),
    ("agent: {}", "agent", True),
    ("domain: [a.test, B.test]", "domains", ("a.test", "b.test")),
    ("domain: ${UNSET}", "domains", ()),
    (
        "environment: ['*', A, B=, C=1=2]",
        "environment",
        {"*": None, "A": None, "B": "", "C": "1=2"},
    ),
    ("build: sub/dir/", "build", "sub/dir"),
    ("init: true", "command", ("sh", "-c", "run")),
    ("test: 3", "test", "3"),
]


@pytest.mark.parametrize(("line", "field", "value"), ACCEPTED)
def test_a_key_is_read_when_written_in_a_form_of_convox(
    line: str, field: str, value: object
) -> None:
    service = parsed(f"services: {{web: {{command: run, {line}}}}}").services["web"]
    assert getattr(service, field) == value


MISTAKES = [
    ("prot: 3", "4:5: unknown key 'prot' in service 'web'; did you mean 'port'?"),
    ("zzz: 3", "4:5: unknown key 'zzz' in service 'web'"),
    ("port: 70000", "4:11: 'port' of service 'web' must be a number from 1 to 65535, or one after"),
    ("port:", "4:10: 'port' of service 'web' must be a number from 1 to 65535, or one after"),
    ("port: ${UNSET}", "must be a number from 1 to 65535"),
    ("port: grpc:50", "http or https, which is what the router of this rack speaks, not 'grpc:50'"),
    ("port: {scheme: http}", "'port' of service 'web' must be given with a 'port'"),
    ("drain: soon", "4:12: 'drain' of service 'web' must be a number from 0 to 86400, not 'soon'"),
    ('drain: "9"', "not the text '9'"),
    ("sticky: 1", "'sticky' of service 'web' must be true or false, not '1'"),
    ("health: up", "'health' of service 'web' must be a path that begins with '/', not 'up'"),
    ("health: {intervall: 3}", "4:14: unknown key 'intervall' in 'health' of service 'web'; did"),
    ("health: [a]", "'health' of service 'web' must be a text, not a list"),
    ("scale: 1-3", "the range in 'scale' of service 'web' is not supported by this rack"),
    ("scale: 5+", "'scale' of service 'web' must be a number from 0 to 1000, not '5+'"),
    ("scale: {count: -1}", "'count' of 'scale' of service 'web' must be a number from 0 to 1000"),
    ("environment: {A: b}", "must be a list of NAME or NAME=default, not a mapping"),
    ("environment: ['A-B=1']", "4:19: 'A-B' cannot be the name of a variable"),
    ("environment: [[A]]", "'environment' of service 'web' must be a list of texts, not a list"),
    ("build: /etc", "must be a folder of the source, relative and without '..', not '/etc'"),
    ("build: a/../../b", "must be a folder of the source"),
    ("build: {args: [A=1]}", "'args' in 'build' of service 'web' is not supported by this rack"),
    ("image: x\n    build: y", "3:3: service 'web' has both a build and an image"),
    ("volumes: [/a]", "4:5: 'volumes' in service 'web' is not supported by this rack: processes"),
    ("nlb: []", "'nlb' in service 'web' is not supported by this rack"),
    ("privileged: true", "'privileged' in service 'web' is not supported by this rack"),
    ("agent: {ports: [5]}", "'ports' in 'agent' of service 'web' is not supported by this rack"),
    ("domain: a b", "'a b' cannot be a host name"),
    ("domain: {a: b}", "'domain' of service 'web' must be a host name or a list of them"),
    ("deployment: {minimum: 100, maximum: 100}", "must be limits that leave room to replace"),
    ("resources: [db]", "3:3: service 'web' uses resource 'db', which is not declared"),
    ("drain: 1\n    drain: 2", "5:5: 'drain' stands here twice, first on line 4"),
    ("? [a]\n    : b", "a key must be a word"),
]


@pytest.mark.parametrize(("lines", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_place_when_a_service_holds_one(
    lines: str, message: str
) -> None:
    text = f"# an app\nservices:\n  web:\n    {lines}\n    command: run\n"
    with pytest.raises(InvalidInput) as caught:
        parse(text, {})
    (line,) = str(caught.value).splitlines()
    assert line.startswith("convox.yml:")
    assert message in line


DOCUMENTS = [
    ("", "cannot read convox.yml: it is empty; name the services of the app in it"),
    ("- a", "convox.yml:1:1: the file must be a mapping, not a list"),
    ("a: [", "convox.yml:1:5: "),
    ("a: b: c", "convox.yml:1:5: mapping values are not allowed here"),
    ("a: \x01", "cannot read convox.yml: unacceptable character #x0001"),
    ("--- a\n--- b", "convox.yml:2:1: but found another document"),
    ("[" * 5000, "cannot read convox.yml: it is nested too deeply"),
    ("#" * 300_000, "cannot read convox.yml: it is longer than 262144 characters"),
    ("service: {}", "convox.yml:1:1: unknown key 'service'; did you mean 'services'?"),
    ("balancers: {}", "convox.yml:1:1: 'balancers' is not supported by this rack"),
    ("services: {Web: {command: a}}", "convox.yml:1:12: 'Web' cannot be a name: use lower-case"),
    ("services: {web: }", "convox.yml:1:12: service 'web' has no command; builds here use no Doc"),
    ("services: {web: 3}", "convox.yml:1:17: service 'web' must be a mapping, not '3'"),
    ("resources: {db: {}}", "convox.yml:1:13: resource 'db' needs a type"),
    ("resources: {db: {type: a, option: {}}}", "'option' in resource 'db'; did you mean 'options'"),
    ("timers: {t: {schedule: daily, command: c, service: s}}", "must be five fields of cron"),
    ("timers: {t: {schedule: '* * * * *', command: c}}", "timer 't' needs a service"),
    ("timers: {t: {schedule: '* * * * *', command: c, service: s}}", "service 's', which is not"),
    ("services: &s {web: {command: a, health: *s}}", "unknown key 'web' in 'health' of"),
    ("services: {web: &w {<<: *w}}", "convox.yml:1:21: what is merged cannot merge another"),
    ("params: &a {<<: &b {<<: {}}}", "convox.yml:1:21: what is merged cannot merge another"),
    ("params: {<<: 3}", "convox.yml:1:14: '<<' must name mappings"),
]


@pytest.mark.parametrize(("text", "message"), DOCUMENTS)
def test_a_document_is_refused_when_it_is_no_manifest(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text, {})
    assert message in str(caught.value)


def test_all_mistakes_are_named_at_once_in_order_when_there_are_several() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse("services:\n  a: {prot: 1}\n  b: {command: x, drain: -1}\nfoo: 1\n", {})
    places = [line.split(" ")[0] for line in str(caught.value).splitlines()]
    assert places == ["convox.yml:2:3:", "convox.yml:2:7:", "convox.yml:3:26:", "convox.yml:4:1:"]


def test_an_image_may_stand_without_a_command_since_its_engine_may_know_one() -> None:
    service = parsed("services: {web: {image: nginx}}").services["web"]
    assert (service.image, service.build, service.command) == ("nginx", None, ())


def test_a_named_dockerfile_is_remembered_when_there_is_no_command() -> None:
    service = parsed("services: {web: {build: {path: a, manifest: Dockerfile.x}}}").services["web"]
    assert (service.build, service.dockerfile) == ("a", "Dockerfile.x")


def test_merged_keys_give_way_when_a_service_has_its_own() -> None:
    services = parsed("""
        services:
          a: &base {command: run, drain: 7, port: 80}
          b:
            <<: *base
            port: 90
        """).services
    assert (services["b"].command, services["b"].drain) == (("sh", "-c", "run"), 7)
    assert services["b"].port == Port(number=90)


def test_a_shell_expansion_is_left_alone_when_it_is_more_than_a_name() -> None:
    service = parsed("services: {web: {command: 'echo $PORT ${A:-1} ${B}'}}", B="x").services["web"]
    assert service.command[2] == "echo $PORT ${A:-1} x"


def test_a_place_names_the_file_when_it_has_another_name() -> None:
    with pytest.raises(InvalidInput, match=r"^convox.staging.yml:1:1: unknown key 'a'$"):
        parse("a: 1", {}, name="convox.staging.yml")
