"""Instants as whole nanoseconds: text and number say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.errors import InvalidNumber
from domain.model.instants import (
    DAY,
    HOUR,
    MILLISECOND,
    MINUTE,
    SECOND,
    bucket_start,
    iso,
    parse_duration,
    parse_iso,
    parse_typed_time,
)

INSTANTS = st.integers(0, 4_000_000_000 * SECOND)


@given(INSTANTS)
def test_text_reads_back_to_the_nanosecond(at_ns: int) -> None:
    assert parse_iso(iso(at_ns)) == at_ns


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2023-12-12T04:00:00Z", "2023-12-12T04:00:00Z"),
        ("2023-12-12 04:00", "2023-12-12T04:00:00Z"),
        ("2023-12-12T05:00:00+01:00", "2023-12-12T04:00:00Z"),
        ("2023-12-12T04:00:00.500000000Z", "2023-12-12T04:00:00.5Z"),
        ("2023-12-12T04:00:00.000000001999", "2023-12-12T04:00:00.000000001Z"),
    ],
)
def test_other_ways_to_write_it_mean_the_same(text: str, same: str) -> None:
    assert iso(parse_iso(text)) == same


@given(INSTANTS)
def test_a_person_may_type_a_date_for_its_midnight(at_ns: int) -> None:
    text = iso(at_ns)
    assert parse_typed_time(text) == at_ns
    assert parse_typed_time(text[:10]) == at_ns - at_ns % DAY


@pytest.mark.parametrize("text", ["2023-12-32", "2023-1-2", "2023-12-12\n", "20231212"])
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidNumber, match="2023-12-12T04:00:00Z, was"):
        parse_typed_time(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2023-13-01T00:00:00Z", "2023-12-12T25:00Z"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidNumber, match="2023-12-12T04:00:00Z, was"):
        parse_iso(text)


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("90s", 90 * SECOND),
        ("90", 90 * SECOND),
        ("250ms", 250 * MILLISECOND),
        ("1.5m", 90 * SECOND),
        ("6h", 6 * HOUR),
        ("2d", 2 * DAY),
        ("0.000000001", 1),
    ],
)
def test_durations_are_exact(text: str, nanos: int) -> None:
    assert parse_duration(text) == nanos


@pytest.mark.parametrize("text", ["", "-1s", "1 hour", "s", "1w", "1e3"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumber, match="expected a duration"):
        parse_duration(text)


@given(INSTANTS)
def test_a_bucket_holds_its_instant(at_ns: int) -> None:
    start = bucket_start(at_ns, MINUTE)

    assert start <= at_ns < start + MINUTE
    assert start % MINUTE == 0
