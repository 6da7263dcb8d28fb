"""Files of other tools as tables with the columns of the market's reader, and a line for each row.

A text is read line by line, so that each row that is left out can be named. Whatever is taken for
a number is a text still: no digit is lost.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.feather as feather
import pyarrow.parquet as parquet
from attrs import field, frozen, mutable

from adapters.simulator.importing.columns import (
    Columns,
    columns_guessed,
    columns_named,
    is_row,
)
from adapters.simulator.importing.lines import Moved, numbered_lines
from adapters.simulator.market_data.candles import COLUMNS
from adapters.simulator.market_data.reading import Reading
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.tables import LINE, PARSED

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
"""In the order in which they are tried: where others part the cells, a comma is in a number."""
LOOKED_AT = 500
"""Lines from which the form of a text is told."""
LONGEST_DOCUMENT = 1 << 30
"""Characters in a JSON document, which is mostly one line."""
BLOCK = 50_000
"""Rows that are gathered before they become columns."""
ARROWS = (".parquet", ".feather", ".arrow")
JSONS = (".json", ".jsonl", ".ndjson")
_POINT = r"^[^,]*\."
_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"
_WRAPPED = ("candles", "data", "result", "ohlcv", "klines")


@frozen
class Shaped:
    """A file's rows, and how they were found."""

    table: pa.Table
    form: str
    columns: Columns


@mutable
class _Cells:
    """Rows of a text as they come, kept as columns."""

    columns: Columns
    _blocks: list[list[pa.Array]] = field(factory=list)
    _lines: list[int] = field(factory=list)
    _rows: list[list[str]] = field(factory=list)

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Keep a row."""
        self._lines.append(line)
        self._rows.append([cells[place].strip() for place in self.columns.places.values()])
        if len(self._rows) == BLOCK:
            self._pack()

    def table(self) -> pa.Table:
        """Return all rows."""
        self._pack()
        names = [*self.columns.places, LINE]
        kinds = [pa.string()] * len(self.columns.places) + [pa.int64()]
        schema = pa.schema(list(zip(names, kinds, strict=True)))
        return pa.Table.from_batches(
            [pa.RecordBatch.from_arrays(block, schema=schema) for block in self._blocks], schema
        )

    def _pack(self) -> None:
        columns = zip(*self._rows, strict=True)
        packed = [pa.array(each, pa.string()) for each in columns]
        if packed:
            self._blocks.append([*packed, pa.array(self._lines, pa.int64())])
        self._rows, self._lines = [], []


def shaped(reading: Reading, wish: Columns | None, moved: Moved) -> Shaped:
    """Return the rows of any file; `wish` says which column is what, None: find it out.

    Raises:
        MarketError: it can't be read, or it can't be told what is what.
    """
    file = reading.file
    suffixes = [each.lower() for each in file.suffixes]
    if suffixes and suffixes[-1] in ARROWS:
        found = _arrow(file, wish)
    elif any(each in JSONS for each in suffixes[-2:]):
        found = _json(reading, wish, moved)
    else:
        found = _text(reading, wish, moved)
    reading.has(found.table.num_rows)
    if not found.table.num_rows:
        raise MarketError(f"expected candles, found no row{_first(reading)}")
    return found


def _first(reading: Reading) -> str:
    return f"; {reading.faults[0][1]}" if reading.faults else ""


# Texts.


def _text(reading: Reading, wish: Columns | None, moved: Moved) -> Shaped:
    lines = numbered_lines(reading.file, moved)
    head = list(itertools.islice(lines, LOOKED_AT))
    delimiter, width = _delimiter([line for _, line in head])
    rows = [(number, _split(line, delimiter)) for number, line in head]
    names, first = _header(rows, width)
    columns = wish or columns_named(names) if names else wish
    if columns is None:
        usual = [cells for _, cells in rows[first:] if len(cells) == width and is_row(cells)]
        columns = columns_guessed(usual)
    _check_width(columns, width)
    gathered = _Cells(columns)
    for number, line in itertools.chain(head[first:], lines):
        cells = _split(line, delimiter)
        if len(cells) == width and line.endswith(("\n", "\r")):
            gathered.add(number, cells)
        elif line.strip():
            _refuse_row(reading, number, width, len(cells))
    header = f", names in line {rows[first - 1][0]}" if names else ", no header"
    form = f"text, cells parted by {DELIMITERS[delimiter]}{header}, {columns.words()}"
    return Shaped(_points(gathered.table(), delimiter), form, columns)


def _refuse_row(reading: Reading, line: int, width: int, found: int) -> None:
    reading.has(1)
    said = (
        "the file ends within it, so its last number may be cut off"
        if found == width
        else f"expected {width} cells, was {found}"
    )
    reading.leave_out(1, f"line {line}: {said}")


def _split(line: str, delimiter: str) -> list[str]:
    plain = line.rstrip("\r\n")
    if '"' not in plain:
        return [cell.strip() for cell in plain.split(delimiter)]
    # A line is parsed by itself: a quote that does not close costs no other one.
    return [cell.strip() for cell in next(csv.reader([plain], delimiter=delimiter), [])]


def _delimiter(lines: Sequence[str]) -> tuple[str, int]:
    """Return what parts the cells, and how many of them a row has."""
    if not any(line.strip() for line in lines):
        raise MarketError("expected candles, the file is empty")
    for delimiter in DELIMITERS:
        widths = Counter(len(_split(line, delimiter)) for line in lines if line.strip())
        width, rows = widths.most_common(1)[0]
        if width > len(COLUMNS) and 2 * rows >= widths.total():
            return delimiter, width
    raise MarketError(
        f"expected rows of a time, four prices and a volume, parted by"
        f" {', '.join(DELIMITERS.values())}; line 1 is {_short(lines[0])}"
    )


def _header(rows: Sequence[tuple[int, Sequence[str]]], width: int) -> tuple[Sequence[str], int]:
    """Return the names of the columns, none without a header, and where the rows begin."""
    first = next(
        (n for n, (_, cells) in enumerate(rows) if len(cells) == width and is_row(cells)), None
    )
    if first is None:
        number, cells = rows[0]
        raise MarketError(
            f"line {number}: expected a time, four prices and a volume in some row of the first"
            f" {len(rows)} lines, was {_short(','.join(cells))}"
        )
    for number in range(first - 1, -1, -1):
        cells = rows[number][1]
        if len(cells) == width and columns_named(cells) is not None:
            return cells, number + 1
    return (), first


def _check_width(columns: Columns, width: int) -> None:
    if (widest := max(columns.places.values())) >= width:
        raise MarketError(f"expected {widest + 1} columns as named, the rows have {width}")


def _points(table: pa.Table, delimiter: str) -> pa.Table:
    """Return numbers with points, where commas can't but be theirs.

    Raises:
        MarketError: they may part thousands as well.
    """
    cells = pa.chunked_array([chunk for name in COLUMNS for chunk in table[name].chunks])
    with_comma = cells.filter(compute.match_substring(cells, ","))
    # Where points are, too, a comma parts thousands, and such a cell is no number.
    if delimiter == "," or not len(with_comma) or len(_matching(cells, _POINT)):
        return table
    if len(_matching(with_comma, _THOUSANDS)) == len(with_comma):
        raise MarketError(
            f"expected numbers like 1234.5, was {with_comma[0].as_py()!r}: does the comma part"
            " thousands or decimals? Write a point, or nothing, in its place"
        )
    for name in COLUMNS:
        points = compute.replace_substring(table[name], ",", ".", max_replacements=1)
        table = table.set_column(table.column_names.index(name), name, points)
    return table


def _matching(cells: pa.ChunkedArray, form: str) -> pa.ChunkedArray:
    return cells.filter(compute.match_substring_regex(cells, form))


def _short(text: str) -> str:
    shown = text.strip()
    return repr(shown if len(shown) <= 80 else f"{shown[:80]}…")


# JSON: lists of rows, lists of objects, columns; whole or one entry a line.


def _json(reading: Reading, wish: Columns | None, moved: Moved) -> Shaped:
    lines = numbered_lines(reading.file, moved, LONGEST_DOCUMENT)
    entries = list(_entries(reading, lines))
    named = [each for _, each in entries if isinstance(each, Mapping)]
    if named and len(named) == len(entries):
        names = list(named[0])
        columns = wish or columns_named(names)
        if columns is None:
            raise MarketError(f"expected members like open and close, found {', '.join(names)}")
        rows = [(number, [each.get(name) for name in names]) for number, each in entries]
        shape = "objects"
    else:
        rows = [(number, each if isinstance(each, list) else []) for number, each in entries]
        names, shape = [], "lists"
        width = Counter(len(each) for _, each in rows).most_common(1)[0][0] if rows else 0
        texts = [[str(cell) for cell in each] for _, each in rows if len(each) == width]
        columns = wish or columns_guessed([each for each in texts[:LOOKED_AT] if is_row(each)])
    width = len(names) or width
    _check_width(columns, width)
    gathered = _Cells(columns)
    for number, each in rows:
        if len(each) == width and all(isinstance(cell, str) for cell in _used(columns, each)):
            gathered.add(number, [str(cell) for cell in each])
        else:
            reading.has(1)
            reading.leave_out(1, f"entry {number}: expected {width} numbers or texts")
    return Shaped(gathered.table(), f"JSON, {shape}, {columns.words()}; line means entry", columns)


def _used(columns: Columns, row: Sequence[Any]) -> Iterator[Any]:
    return (row[place] for place in columns.places.values())


def _entries(reading: Reading, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, Any]]:
    """Yield the entries of a document, or of lines that are one each, with their numbers."""
    texts = list(lines)
    try:
        whole = _loaded("".join(line for _, line in texts))
    except ValueError as error:
        if len(texts) < 2 or not texts[0][1].lstrip().startswith(("{", "[")):
            raise MarketError(f"can't be read as JSON: {error}") from error
        yield from _lines_of_json(reading, texts)
        return
    yield from enumerate(_listed(whole), 1)


def _lines_of_json(reading: Reading, texts: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Any]]:
    for number, line in texts:
        try:
            entry = _loaded(line) if line.strip() else None
        except ValueError:
            reading.has(1)
            reading.leave_out(1, f"line {number}: can't be read as JSON")
            continue
        if entry is not None:
            yield number, entry


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _listed(whole: Any) -> list[Any]:
    """Return the entries of a document: a list, one in an object, or the columns of an object."""
    if isinstance(whole, list):
        return whole
    if isinstance(whole, Mapping):
        inner = [each for name, each in whole.items() if str(name).lower() in _WRAPPED]
        if len(inner) == 1:
            return _listed(inner[0])
        lists = [each for each in whole.values() if isinstance(each, list)]
        if len(lists) == 1:
            return lists[0]
        if len(lists) > len(COLUMNS) and len({len(each) for each in lists}) == 1:
            names = [name for name, each in whole.items() if isinstance(each, list)]
            return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]
    raise MarketError("expected one list of candles in the JSON document")


# Tables that have types.


def _arrow(file: Path, wish: Columns | None) -> Shaped:
    try:
        is_parquet = file.suffix.lower() == ".parquet"
        table = parquet.read_table(file) if is_parquet else feather.read_table(file)
    except PARSED as error:
        raise MarketError(f"can't be read: {error}") from error
    names = table.column_names
    columns = wish or columns_named(names)
    if columns is None:
        raise MarketError(f"expected columns like open and close, found {', '.join(names)}")
    _check_width(columns, len(names))
    found = {name: _typed(table.column(place)) for name, place in columns.places.items()}
    found[LINE] = pa.array(range(1, table.num_rows + 1), pa.int64())
    form = f"{'Parquet' if is_parquet else 'Feather'}, {columns.words()}; line means row"
    return Shaped(pa.table(found), form, columns)


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts as plain texts, whatever way they are kept."""
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.string())
    return column
