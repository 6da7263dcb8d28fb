"""Claims about what people are told of the rows that a file could not be read in."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator.market_data.reading import Reading
from adapters.simulator.market_data.source import MarketError
from domain.model.product import ProductId

BTC = ProductId("BTC-USD")


def reading() -> Reading:
    found = Reading(Path("m.csv"), "candles", "they are holes")
    found.has(9)
    return found


def test_of_a_file_without_fault_there_is_nothing_to_tell() -> None:
    found = reading().end({BTC: 7})
    assert (found.rows, found.remarks) == ({BTC: 7}, ())


def test_all_that_is_left_out_is_one_sentence_with_the_earliest_first() -> None:
    found = reading()
    found.leave_out(2, "the third", at_ns=30)
    found.leave_out(0, "nothing", at_ns=1)
    found.leave_out(1, "the second", at_ns=20)
    (remark,) = found.end({BTC: 7}).remarks
    assert remark == "m.csv: 3 of 9 rows could not be read, they are holes; the first: the second"


def test_a_file_of_which_nothing_is_left_is_refused_with_what_is_wrong_first() -> None:
    found = reading()
    found.leave_out(9, "expected prices above 0", at_ns=30)
    with pytest.raises(
        MarketError, match=r"m\.csv: expected prices above 0; none of its 9 rows can be read as c"
    ):
        found.end({})


def test_rows_that_are_there_twice_are_told_beside() -> None:
    found = reading()
    found.repeated("BTC-USD", 0)
    found.repeated("BTC-USD", 2)
    assert found.end({BTC: 7}).remarks == (
        "m.csv: BTC-USD: rows that are there twice count once: 2",
    )
