"""How far a rollout may go, and where a process goes."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.engine.engine import InstanceId, InstanceState, ObservedInstance
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.placement import Room
from convox.rollout.strategy import limits
from convox.testing.rollout import service

_NOW = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "minimum", "maximum", "least", "most"),
    [
        (2, 50, 200, 2, 4),
        (1, 50, 200, 1, 2),
        (1, 50, 100, 1, 2),
        (4, 50, 100, 2, 4),
        (3, 50, 100, 2, 3),
        (3, 50, 110, 3, 4),
        (10, 50, 125, 10, 12),
        (4, 100, 100, 4, 5),
        (2, 0, 100, 0, 2),
        (0, 50, 200, 0, 1),
    ],
)
def test_start_first_wherever_there_is_room_or_no_other_way(
    count, minimum, maximum, least, most
) -> None:
    found = limits(service("web", count, minimum=minimum, maximum=maximum))
    assert (found.least, found.most) == (least, most)


def test_a_singleton_has_no_room_for_another() -> None:
    found = limits(service("web", 1, singleton=True))
    assert (found.least, found.most) == (0, 1)


def _instance(name: str, image: str, phase: InstancePhase = InstancePhase.READY) -> Instance:
    id_ = InstanceId(name)
    seen = ObservedInstance(
        id=id_,
        image=image,
        address="127.0.0.1",
        state=InstanceState.READY,
        started=_NOW,
        processes=0,
    )
    return Instance(id=id_, image=image, phase=phase, since=_NOW, created=_NOW, observed=seen)


@pytest.mark.parametrize(
    ("instances", "own", "load", "expected"),
    [
        ("a:old b:new", {}, {"b": 9}, "b"),
        ("a:new b:new", {"a": 1}, {"b": 9}, "b"),
        ("a:new b:new", {"a": 1, "b": 1}, {"a": 3, "b": 2}, "b"),
        ("a:new b:new", {}, {}, "a"),
        ("a:new b:new", {"a": 1}, {}, "b"),
        ("a:old b:old", {"a": 1}, {}, "b"),
        ("a:new:retiring b:old", {}, {}, "b"),
        ("a:new:retiring", {}, {}, ""),
        ("", {}, {}, ""),
    ],
)
def test_a_process_goes_to_the_new_image_then_apart_then_where_there_is_least(
    instances, own, load, expected
) -> None:
    there = [
        _instance(name, image, InstancePhase(*phase) if phase else InstancePhase.READY)
        for name, image, *phase in (text.split(":") for text in instances.split())
    ]
    assert Room(there, image="new", load=load).take(1, own) == expected.split()


_COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3))


@given(st.sets(st.sampled_from("abcdef")), _COUNTS, st.lists(st.tuples(st.integers(0, 9), _COUNTS)))
def test_every_process_goes_to_the_best_instance_of_all(old, load, services) -> None:
    there = [_instance(name, "old" if name in old else "new") for name in "abcdef"]
    room, counted = Room(there, image="new", load=load), Counter(load)
    for number, before in services:
        own, expected = Counter(before), []
        for _ in range(number):
            best = min("abcdef", key=lambda name: (name in old, own[name], counted[name], name))
            own[best] += 1
            counted[best] += 1
            expected.append(best)
        assert room.take(number, before) == expected
