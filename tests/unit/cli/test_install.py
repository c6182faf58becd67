"""What is done to racks of this machine: the installer is a program of its own."""

import json
import sys

import pytest

INSTALLER = """
import json, os, sys
print("installer", *[word for word in sys.argv[1:] if not word.isdigit()], flush=True)
if "--result-fd" in sys.argv:
    facts = {"host": "127.0.0.1:5443", "password": "pw", "certificate": "PEM"}
    os.write(int(sys.argv[sys.argv.index("--result-fd") + 1]), json.dumps(facts).encode())
raise SystemExit(int(os.environ.get("FAILS_WITH", "0")))
"""


@pytest.fixture
def here(convox, tmp_path):
    """Run a command where another program stands in the installer's place."""
    package = tmp_path / "stand-in" / "convox"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "installer.py").write_text(INSTALLER)
    assert sys.executable

    def act(line, **variables):
        config = str(tmp_path / "config")
        return convox(
            *line.split(), PYTHONPATH=str(package.parent), CONVOX_CONFIG=config, **variables
        )

    return act


def test_an_installed_rack_is_remembered_with_its_certificate(here, tmp_path):
    ended = here("rack install local -n dev HttpPort=8080 Feed=/feed")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (
        "installer install --name dev --setting=HttpPort=8080 --setting=Feed=/feed --result-fd\n"
    )
    config = tmp_path / "config"
    assert json.loads((config / "auth").read_text()) == {"127.0.0.1:5443": "pw"}
    assert json.loads((config / "self-managed").read_text()) == {"dev": "127.0.0.1:5443"}
    assert (config / "host").read_text() == "127.0.0.1:5443"
    assert (config / "certificates" / "127.0.0.1:5443.pem").read_text() == "PEM"


def test_a_failed_installation_passes_its_status_on_and_is_not_remembered(here, tmp_path):
    assert here("rack install local -n dev", FAILS_WITH="3").status == 3
    assert not (tmp_path / "config").exists()


def test_a_rack_goes_back_to_a_copy_of_its_records_by_name(here):
    assert here("rack restore x").out == "installer restore --name x\n"
    ended = here("rack restore x --snapshot u1-1.db --force")
    assert ended.out == "installer restore --name x --snapshot u1-1.db --force\n"


def test_a_rack_is_started_and_stopped_by_name_or_as_the_current_one(here):
    assert here("rack start x").out == "installer start --name x\n"
    assert here("rack stop").err == "ERROR: name of the rack required\n"
    here("rack install local -n dev")
    assert here("rack stop").out == "installer stop --name dev\n"


def test_an_uninstalled_rack_is_forgotten(here, tmp_path):
    here("rack install local -n dev")
    asked = here("rack uninstall local dev")
    assert asked.out == "installer contents --name dev\n"
    assert asked.err == "ERROR: must use --force for non-interactive uninstall\n"
    ended = here("rack uninstall local dev --force")
    assert ended.out == f"{asked.out}installer uninstall --name dev --force\n"
    config = tmp_path / "config"
    assert json.loads((config / "self-managed").read_text()) == {}
    assert json.loads((config / "auth").read_text()) == {}
    assert not (config / "host").exists()
    assert not (config / "certificates" / "127.0.0.1:5443.pem").exists()


def test_nothing_is_asked_when_there_is_no_such_rack(here):
    ended = here("rack uninstall local nope", FAILS_WITH="1")
    assert (ended.status, ended.out, ended.err) == (1, "installer contents --name nope\n", "")


def test_help_lists_the_settings_of_a_new_rack(here):
    ended = here("rack install --help")
    assert ended.out.startswith("USAGE\n  convox rack install local [Key=Value] ...\n")
    assert ended.out.endswith("installer settings\n")


def test_only_this_machine_can_be_installed_on(here):
    assert here("rack uninstall aws dev").err == (
        "ERROR: cannot uninstall a rack on aws: this command knows local\n"
    )
    assert here("rack install aws").err == (
        "ERROR: cannot install a rack on aws: this command knows local\n"
    )
