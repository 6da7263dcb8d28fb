"""Candles of other tools: any shape, read by the law by which a market is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
from attrs import field, frozen

from adapters.simulator.importing.columns import PRODUCT, WAY_OUT, Columns
from adapters.simulator.importing.lines import Moved
from adapters.simulator.importing.months import table_of
from adapters.simulator.importing.naming import product_of_cell, product_of_file
from adapters.simulator.importing.quality import Quality, quality_of
from adapters.simulator.importing.shapes import Shaped, shaped
from adapters.simulator.importing.times import with_times
from adapters.simulator.market_data.candles import COLUMNS, CandleRows, candles_in, check_width
from adapters.simulator.market_data.reading import Reading
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.tables import LINE, product_of
from domain.model.product import ProductId

MEANS = "they are left out"
DOUBTFUL = 0.1
"""Share of rows that can't be read above which a guess of the columns is wrong."""


@frozen
class ImportHints:
    """What a person says of files: whose prices they are, which column is what."""

    product: ProductId | None = None
    columns: Columns | None = None


@frozen
class Imported:
    """What a file has: its candles by product in the form of the month files, and how good."""

    file: Path
    form: str
    tables: Mapping[ProductId, pa.Table]
    quality: tuple[Quality, ...]
    rows: int
    """Rows that the file has."""
    faults: tuple[tuple[int, str], ...]
    """Rows that were left out: how many, and where the first is and what is wrong."""
    remarks: tuple[str, ...] = field(default=())


def read_candles(file: Path, wish: ImportHints, moved: Moved) -> Imported:
    """Return the candles of a file of another tool.

    Raises:
        MarketError: it has none, or leaves open what is what; begins with the file.
        OSError: it can't be opened.
    """
    reading = Reading(file, "candles", MEANS)
    try:
        return _read(reading, wish, moved)
    except MarketError as error:
        text = str(error)
        raise MarketError(text if text.startswith(str(file)) else f"{file}: {text}") from error


def _read(reading: Reading, wish: ImportHints, moved: Moved) -> Imported:
    found = shaped(reading, wish.columns, moved)
    shapeless = len(reading.faults)
    table, remarks = _named(reading, found.table, wish.product)
    table, told = with_times(table)
    rows = candles_in(reading, table).rows
    _check_guess(found, reading.faults[shapeless:])
    tables, quality = {}, []
    for product, of_product in sorted(rows.items()):
        check_width(reading.file, product, of_product)
        tables[product] = _table(product, of_product, table)
        prices = of_product.columns[:4]
        tick = product_of(product, prices, of_product.columns[4:]).price_increment
        quality.append(quality_of(product, of_product.starts, of_product.columns, tick))
    return Imported(
        file=reading.file,
        form=found.form,
        tables=tables,
        quality=tuple(quality),
        rows=reading.rows,
        faults=tuple(reading.faults),
        remarks=(*remarks, *told, *reading.remarks),
    )


def _check_guess(found: Shaped, faults: Sequence[tuple[int, str]]) -> None:
    """Refuse columns that were guessed and are no candles in many of the rows."""
    rows, left_out = found.table.num_rows, sum(count for count, _ in faults)
    if found.columns.is_guessed and left_out > DOUBTFUL * rows:
        raise MarketError(
            f"{faults[0][1]}; {left_out} of {rows} rows are no candles by the"
            f" {found.columns.words()}; {WAY_OUT}"
        )


def _named(
    reading: Reading, table: pa.Table, wish: ProductId | None
) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the table with the products of its rows, and what was taken for what."""
    if PRODUCT not in table.column_names:
        product = wish or product_of_file(reading.file)
        told: tuple[str, ...] = () if wish else (f"taken as {product} by the file's name",)
        return table.append_column(PRODUCT, _repeated(product, table.num_rows)), told
    cells = table[PRODUCT].cast(pa.string()).fill_null("")
    names = sorted(set(cells.unique().to_pylist()))
    if wish is not None:
        if len(names) > 1:
            raise MarketError(
                f"expected rows of one product with --product, found {', '.join(names[:5])}"
            )
        return _put(table, _repeated(wish, table.num_rows)), _renamed(names[0], wish)
    meant = {name: product_of_cell(name) for name in names}
    spelled = {name: product or name for name, product in meant.items()}
    table = _put(table, pa.array([spelled[name] for name in cells.to_pylist()], pa.string()))
    unknown = [name for name, product in meant.items() if product is None]
    for name in unknown:
        is_it = compute.equal(table[PRODUCT], name)
        line = table.filter(is_it)[LINE][0]
        count = int(compute.sum(is_it).as_py())
        reading.leave_out(count, f"line {line}: expected a product like BTC-USD, was {name!r}")
    if len(unknown) == len(names):
        raise MarketError(f"{reading.faults[-1][1]}; name it with --product BTC-USD")
    keep = compute.invert(compute.is_in(table[PRODUCT], pa.array(unknown, pa.string())))
    renamed = tuple(
        each
        for name, product in meant.items()
        if product is not None
        for each in _renamed(name, product)
    )
    return table.filter(keep), renamed


def _renamed(name: str, product: ProductId) -> tuple[str, ...]:
    return () if name == product else (f"rows of {name} are taken as {product}",)


def _repeated(product: ProductId, rows: int) -> pa.Array:
    return pa.array([product], pa.string()).take(pa.array(np.zeros(rows, np.int64)))


def _put(table: pa.Table, products: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(PRODUCT), PRODUCT, products)


def _table(product: ProductId, rows: CandleRows, source: pa.Table) -> pa.Table:
    """Return a product's rows in the form of the files: prices as the reader has cleaned them."""
    texts = [pa.array(column).cast(pa.string()) for column in rows.columns]
    volumes = source[COLUMNS[4]].combine_chunks()
    if pa.types.is_string(volumes.type):  # it may have more digits than are played
        lines = np.asarray(source[LINE], dtype=np.int64)
        places = np.searchsorted(lines, np.asarray(rows.lines))
        texts[4] = volumes.take(pa.array(places))
    return table_of(product, rows.starts, texts)


def is_readable(file: Path) -> bool:
    """Tell whether a file of a folder is meant when the folder is imported."""
    known = r"\.(csv|tsv|txt|json|jsonl|ndjson|parquet|feather|arrow)(\.gz|\.zst)?|\.zip"
    return re.search(rf"({known})$", file.name.lower()) is not None
