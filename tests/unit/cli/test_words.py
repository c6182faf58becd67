"""Ages, durations and percents, as tables."""

import pytest

from convox.cli.words import age, elapsed, moment, percent

NOW = "2026-01-15T12:00:00Z"
DAY = 86400


@pytest.mark.parametrize(
    ("then", "text"),
    [
        ("2026-01-15T12:00:00Z", "now"),
        ("2026-01-15T11:59:59Z", "1 second ago"),
        ("2026-01-15T11:59:58.000000000Z", "2 seconds ago"),
        ("2026-01-15T11:59:00Z", "1 minute ago"),
        ("2026-01-15T11:57:01Z", "2 minutes ago"),
        ("2026-01-15T13:00:00+02:00", "1 hour ago"),
        ("2026-01-15T09:00:00Z", "3 hours ago"),
        ("2026-01-14T11:00:00Z", "1 day ago"),
        ("2026-01-13T12:00:00Z", "2 days ago"),
        ("2026-01-08T11:00:00Z", "1 week ago"),
        ("2025-12-31T12:00:00Z", "2 weeks ago"),
        ("2025-12-10T12:00:00Z", "1 month ago"),
        ("2025-10-01T12:00:00Z", "3 months ago"),
        ("2025-01-01T12:00:00Z", "1 year ago"),
        ("2024-03-01T12:00:00Z", "2 years ago"),
        ("2020-01-01T12:00:00Z", "6 years ago"),
        ("1980-01-01T12:00:00Z", "a long while ago"),
        ("2026-01-17T12:00:00Z", "2 days from now"),
        ("0001-01-01T00:00:00Z", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_age_reads_as_convox_writes_it(then, text):
    assert age(then, moment(NOW).timestamp()) == text


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        ("2026-01-15T12:00:45Z", "45s"),
        ("2026-01-15T12:02:00.400Z", "2m0s"),
        ("2026-01-15T13:02:03Z", "1h2m3s"),
        ("2026-01-15T12:00:00Z", "0s"),
        (None, ""),
        ("0001-01-01T00:00:00Z", ""),
    ],
)
def test_an_elapsed_time_reads_as_go_writes_it(ended, text):
    assert elapsed(NOW, ended) == text


def test_a_percent_has_two_decimals():
    assert [percent(share) for share in (0, 0.423, 1)] == ["0.00%", "42.30%", "100.00%"]
