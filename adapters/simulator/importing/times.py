"""The times of a table, whatever form they have, as the market's reader takes them."""

from __future__ import annotations

import contextlib

import pyarrow as pa
import pyarrow.compute as compute

from adapters.simulator.importing.columns import CLOCK, TIME
from adapters.simulator.market_data.source import MarketError

WITHOUT_ZONE = "times without a zone are taken as UTC"
_WHOLE = r"^\d{9,19}(\.0*)?$"
_PLAIN = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?$"
_FORMS = (
    (r"^(\d{4})[./]?(\d\d)[./]?(\d\d)($|[T ])", r"\1-\2-\3\4"),
    (r"^(\d{4}-\d\d-\d\d)$", r"\1 00:00"),
    (r"^(\S{10})[T ](\d\d)(\d\d)(\d\d)?$", r"\1 \2:\3:\4"),
    (r"^(\S{10}) (\d\d:\d\d):$", r"\1 \2"),
    (r" ?(UTC|GMT|Z|[+-]00:?00)$", ""),
    (r"([+-]\d\d)(\d\d)$", r"\1:\2"),
)
"""Dates of other tools, turned into those that the reader takes, one after the other."""


def with_times(table: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the table with times in `ts` that the reader takes, and what people should know.

    Raises:
        MarketError: date and time of day don't go together.
    """
    column = table[TIME].combine_chunks()
    if not pa.types.is_string(column.type):
        return table, ()
    cells = compute.utf8_trim_whitespace(column)
    if CLOCK in table.column_names:
        cells = _with_clock(cells, compute.utf8_trim_whitespace(table[CLOCK].combine_chunks()))
    if _all(cells, _WHOLE):
        wholes = compute.replace_substring_regex(cells, r"\..*$", "")
        return _put(table, wholes.cast(pa.uint64()).cast(pa.int64(), safe=False)), ()
    had_zone = _all(cells, r"(UTC|GMT|Z|[T ]\S*[+-]\d\d:?\d\d)$")
    for form, put in _FORMS:
        cells = compute.replace_substring_regex(cells, form, put)
    if _all(cells, _PLAIN):
        # A day that no calendar has stays a text: the reader tells it from the others.
        with contextlib.suppress(pa.ArrowException):
            cells = cells.cast(pa.timestamp("ns"))
    return _put(table, cells), () if had_zone else (WITHOUT_ZONE,)


def _with_clock(dates: pa.Array, clocks: pa.Array) -> pa.Array:
    if _all(clocks, r"^\d\d:\d\d"):
        return compute.binary_join_element_wise(dates, clocks, " ")
    if _all(clocks, _WHOLE):
        return clocks
    raise MarketError("expected a time of day or a number since 1970 in the column time")


def _all(cells: pa.Array, form: str) -> bool:
    return bool(compute.all(compute.match_substring_regex(cells, form)).as_py())


def _put(table: pa.Table, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(TIME), TIME, column)
