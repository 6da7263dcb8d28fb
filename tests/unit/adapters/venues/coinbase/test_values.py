"""Values as Coinbase writes them: read exactly or refused as a broken protocol."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.coinbase import values
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos, iso, parse_iso
from domain.model.orders import VenueStatus
from domain.model.product import Side

INSTANTS = st.integers(SECOND, 4_000_000_000 * SECOND).map(Nanos)


@given(INSTANTS)
def test_an_instant_is_read_to_the_nanosecond(at_ns: Nanos) -> None:
    assert values.instant(iso(at_ns)) == at_ns


@given(INSTANTS, st.integers(0, 9))
def test_any_number_of_digits_reads_as_the_careful_parser_reads_it(
    at_ns: Nanos, digits: int
) -> None:
    whole = iso(Nanos(at_ns - at_ns % SECOND)).removesuffix("Z")
    text = f"{whole}.{at_ns % SECOND:09}"[: len(whole) + 1 + digits].rstrip(".") + "Z"

    assert values.instant(text) == parse_iso(text)


@pytest.mark.parametrize("text", ["", "now", "2023-12-12", "2023-13-12T00:00:00.5Z", "٢٠٢٣"])
def test_what_is_no_time_stamp_is_refused(text: str) -> None:
    with pytest.raises(ProtocolBroken, match="expected a time stamp"):
        values.instant(text)


@pytest.mark.parametrize("text", [None, "", "0001-01-01T00:00:00Z"])
def test_the_venue_writes_not_set_in_three_ways(text: str | None) -> None:
    assert values.instant_or_none(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, max_value=10**9))
def test_a_number_is_read_exactly(value: Decimal) -> None:
    assert values.number(format(value, "f")) == value


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "-sNaN", "1,5", "x" * 99])
def test_what_is_no_finite_number_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(ProtocolBroken, match="expected a number") as refused:
        values.number(text)
    assert len(str(refused.value)) < 80


def test_an_empty_total_is_zero() -> None:
    assert values.number_or_zero("") == 0
    assert values.number_or_zero("1.50") == Decimal("1.50")


@pytest.mark.parametrize("text", ["0", "0.00", "-1"])
def test_what_has_to_be_above_zero_is(text: str) -> None:
    with pytest.raises(ProtocolBroken, match="above zero"):
        values.positive(text)
    assert values.positive("0.01") == Decimal("0.01")


def test_sides_are_two_words_and_no_other() -> None:
    assert (values.side("BUY"), values.side("SELL")) == (Side.BUY, Side.SELL)
    for text in ("buy", "", "UNKNOWN_ORDER_SIDE"):
        with pytest.raises(ProtocolBroken, match="expected BUY or SELL"):
            values.side(text)


@pytest.mark.req("X1")
@given(st.text(max_size=20))
def test_a_status_that_we_do_not_know_is_unknown_and_never_an_end(text: str) -> None:
    known = {each.value: each for each in VenueStatus}

    assert values.status(text) is known.get(text, VenueStatus.UNKNOWN)
