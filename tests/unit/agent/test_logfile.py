"""Segments grow to their limit, the oldest go, and a full disk is survived."""

import os

from convox.agent.logfile import LogFile, prune

LINE = b"2026-01-15T13:37:22Z service/web/web-1 hello\n"


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def test_a_full_segment_is_followed_by_the_next_and_five_are_kept(tmp_path):
    log = LogFile(tmp_path, "web-1", limit=len(LINE) * 2)
    for _ in range(15):
        log.append(LINE)
    assert names(tmp_path) == [f"web-1.{number:06}.log" for number in range(4, 9)]
    assert sum(path.read_bytes().count(LINE) for path in tmp_path.iterdir()) == 9


def test_a_new_life_goes_on_with_the_next_segment(tmp_path):
    LogFile(tmp_path, "web-1").append(LINE)
    LogFile(tmp_path, "web-1").append(LINE)
    assert names(tmp_path) == ["web-1.000001.log", "web-1.000002.log"]


def test_lines_lost_to_a_full_disk_are_counted(tmp_path):
    full = tmp_path / "web-1.000001.log"
    log = LogFile(tmp_path, "web-1")
    full.symlink_to("/dev/full")
    log.append(LINE * 2)
    log.append(LINE)
    assert log.lost == 3
    log.close()
    log.append(LINE)
    (time, _, rest) = (tmp_path / "web-1.000002.log").read_bytes().partition(b" ")
    assert time == b"2026-01-15T13:37:22Z"
    assert rest == b"system/agent 3 lines of web-1 were lost\n" + LINE
    assert log.lost == 0


def test_nothing_is_deleted_while_nothing_can_be_written(tmp_path):
    old = tmp_path / "web-1.000001.log"
    old.write_bytes(LINE)
    log = LogFile(tmp_path, "web-1")
    (tmp_path / "web-1.000002.log").symlink_to("/dev/full")
    for _ in range(20):
        log.append(LINE)
    assert names(tmp_path) == ["web-1.000001.log", "web-1.000002.log"]


def test_the_oldest_segments_are_pruned_but_none_that_is_written(tmp_path):
    writing = LogFile(tmp_path, "web-0")
    writing.append(LINE)
    for number in (1, 2, 3):
        (tmp_path / f"web-{number}.000001.log").write_bytes(LINE)
    for number in range(4):
        os.utime(tmp_path / f"web-{number}.000001.log", (number, number))
    prune(tmp_path, total=len(LINE) * 2)
    assert names(tmp_path) == ["web-0.000001.log", "web-3.000001.log"]
