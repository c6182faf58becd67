"""Whether a wheel installs, as the packaging library finds it, too."""

import itertools

import pytest
from packaging import tags

from convox.feed.here import here
from convox.feed.platforms import Platform, fits, places, runs_on, unmet

PYTHONS = ["cp311", "cp312", "cp310", "cp39", "cp36", "py3", "py311", "py312", "py2", "pp310"]
ABIS = ["cp311", "cp312", "cp310", "abi3", "none", "cp311d"]
PLACES = [
    "any",
    "linux_x86_64",
    "manylinux1_x86_64",
    "manylinux2010_x86_64",
    "manylinux2014_x86_64",
    "manylinux2014_aarch64",
    "manylinux_2_28_x86_64",
    "manylinux_2_34_x86_64",
    "manylinux_2_35_x86_64",
    "manylinux_2_28_aarch64",
    "musllinux_1_2_x86_64",
    "macosx_11_0_arm64",
    "win_amd64",
]
X86 = Platform(python="3.11", machine="x86_64", glibc="2.34")
ARM = Platform(python="3.12", machine="aarch64", glibc="2.28")


def accepted(platform):
    """Return the tags that packaging says fit."""
    python = tuple(map(int, platform.python.split(".")))
    glibc = int(platform.glibc.partition(".")[2])
    places = [f"manylinux_2_{minor}_{platform.machine}" for minor in range(glibc, 4, -1)]
    old = (("manylinux2014", 17), ("manylinux2010", 12), ("manylinux1", 5))
    places += [f"{name}_{platform.machine}" for name, minor in old if minor <= glibc]
    places.append(f"linux_{platform.machine}")
    found = tags.cpython_tags(python, platforms=places)
    return {*found, *tags.compatible_tags(python, f"cp{python[0]}{python[1]}", places)}


@pytest.mark.parametrize("platform", [X86, ARM], ids=str)
def test_a_wheel_fits_when_packaging_says_so(platform):
    wanted = accepted(platform)
    for python, abi, place in itertools.product(PYTHONS, ABIS, PLACES):
        fit = fits(f"name-1.0-{python}-{abi}-{place}.whl", platform)
        assert fit == (tags.Tag(python, abi, place) in wanted), (python, abi, place)


def test_a_wheel_fits_when_one_of_its_tags_does():
    name = "psutil-7.2.2-cp36-abi3-manylinux2010_x86_64.manylinux_2_28_x86_64.whl"
    assert fits(name, X86)
    assert not fits(name, ARM)
    assert fits("six-1-2-py2.py3-none-any.whl", ARM)


@pytest.mark.parametrize("name", ["six-1.tar.gz", "six.whl", "a-b-c-d-e-f-g.whl", "image.tar.gz"])
def test_what_is_no_wheel_fits_nowhere(name):
    assert not fits(name, X86)


def test_a_package_is_unmet_where_none_of_its_wheels_fits():
    one = "x-1-cp311-cp311-manylinux2014_x86_64.whl"
    other = "x-1-cp312-cp312-manylinux2014_aarch64.whl"
    assert list(unmet([one, other], [X86, ARM])) == []
    assert list(unmet([one], [X86, ARM])) == [
        f"{one} does not install for Python 3.12 on aarch64 with glibc 2.28"
    ]


@pytest.mark.parametrize("platform", [X86, ARM], ids=str)
def test_the_tags_of_a_platform_are_what_fits_it(platform):
    found = list(places(platform))
    assert all(fits(f"x-1-py3-none-{place}.whl", platform) for place in found)
    wanted = {tag.platform for tag in accepted(platform)} - {"any"}
    assert set(found) == wanted


def test_a_promise_is_kept_on_this_machine_when_it_asks_for_no_more():
    mine = here()
    system = next(tags.sys_tags())
    assert system.interpreter == f"cp{mine.python.replace('.', '')}"
    assert set(places(mine)) == {tag.platform for tag in tags.sys_tags()} - {"any"}
    assert runs_on(mine, mine)
    assert runs_on(Platform(python="3.11", machine="x86_64", glibc="2.9"), X86)
    assert not runs_on(Platform(python="3.11", machine="x86_64", glibc="2.40"), X86)
    assert not runs_on(ARM, X86)
