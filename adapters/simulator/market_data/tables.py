"""Tables from Parquet or CSV files: what candles and trades have in common."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from adapters.simulator.market_data.digits import quoted
from adapters.simulator.market_data.source import MarketError
from domain.model.instants import DAY, SECOND
from domain.model.product import Product, ProductId

SUFFIXES = (".parquet", ".csv")
VOLUME_DECIMALS_MIN = 8
COUNTED_EXACTLY = 2.0**50
DECIMALS_USUAL = 12
"""Up to here all rows are tried at once; what has more is looked at number by number."""
DECIMALS_MAX = 20
FIRST_NS = 365 * DAY
PARSED = (OSError, pa.ArrowException, ValueError, TypeError)
Columns = Sequence[NDArray[np.float64]]
R = TypeVar("R")
"""Rows of one product."""


def files_of(path: Path) -> list[Path]:
    """Return the file itself, or the tables of a folder in order of their names.

    Raises:
        MarketError: the folder has none.
    """
    files = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise MarketError(f"{path}: expected .parquet or .csv files, the folder has none")
    return files


def columns_of(file: Path, kind: str) -> list[str]:
    """Return the names of the columns of a table of `kind` (candles, trades).

    Raises:
        MarketError: it is no table.
    """
    try:
        if file.suffix == ".parquet":
            return list(parquet.read_schema(file).names)
        with pyarrow.csv.open_csv(file) as reader:
            return list(reader.schema.names)
    except PARSED as error:
        raise MarketError(f"{file}: expected {kind}, could not be read: {error}") from error


def read_table(file: Path, kind: str, needed: Sequence[str]) -> pa.Table:
    """Return the table, which has the columns `needed` and at least one row.

    Raises:
        MarketError: it does not; the text names columns wanted and found.
    """
    try:
        table = parquet.read_table(file) if file.suffix == ".parquet" else pa.csv.read_csv(file)
    except PARSED as error:
        raise MarketError(f"{file}: expected {kind}, could not be read: {error}") from error
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        found = ", ".join(table.column_names)
        raise MarketError(f"{file}: expected the columns {', '.join(missing)}, found {found}")
    if table.num_rows == 0:
        raise MarketError(f"{file}: expected {kind}, found no row")
    return table


def rows_of_all(path: Path, read: Callable[[Path], dict[ProductId, R]]) -> dict[ProductId, R]:
    """Return what `read` finds in a file, or in all files of a folder, by product.

    Raises:
        MarketError: there is nothing to read, or two files have the same product.
    """
    rows: dict[ProductId, R] = {}
    for file in files_of(path):
        for product, found in read(file).items():
            if product in rows:
                raise MarketError(f"{file}: {product} was already read from another file")
            rows[product] = found
    return rows


def products_in(file: Path, table: pa.Table) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Return each product's name and which rows are its own, in order of the names."""
    if "symbol" not in table.column_names:
        names, places = [file.stem], np.zeros(table.num_rows, dtype=np.int64)
    else:
        column = table["symbol"]
        if column.null_count:
            raise MarketError(
                f"{file}: expected a symbol in every row, {column.null_count} lack it"
            )
        encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
        names = encoded.dictionary.to_pylist()
        places = np.asarray(encoded.indices, dtype=np.int64)
    for name in sorted(names):
        if not re.fullmatch(r"[^-\s]+-[^-\s]+", name):
            raise MarketError(f"{file}: expected products named like BTC-USD, was {name!r}")
        yield name, places == names.index(name)


def nanoseconds(file: Path, table: pa.Table) -> NDArray[np.int64]:
    """Return the column `ts` as nanoseconds since 1970.

    Raises:
        MarketError: a row has no time, or the column holds none.
    """
    column = table["ts"]
    if column.null_count:
        raise MarketError(f"{file}: expected a time in every row, {column.null_count} have no ts")
    try:
        if pa.types.is_timestamp(column.type):
            nanos = column.cast(pa.timestamp("ns", tz=column.type.tz)).cast(pa.int64())
            return np.asarray(nanos, dtype=np.int64)
        if pa.types.is_integer(column.type):
            values = np.asarray(column, dtype=np.int64)
            # By size: these units cannot be mistaken for one another between 1971 and 2286.
            unit = next(unit for unit in (SECOND, 10**6, 10**3, 1) if values.max() < 10**19 // unit)
            if values.min() * unit < FIRST_NS:
                raise MarketError(
                    f"{file}: expected all ts in one unit, but {values.min()} and {values.max()}"
                    " can't be: one of them lies before 1971"
                )
            return values * unit
    except PARSED as error:
        raise MarketError(f"{file}: expected ts as times, could not be read: {error}") from error
    raise MarketError(
        f"{file}: expected ts as a time or as a whole number since 1970, was {column.type}"
    )


def numbers(file: Path, name: str, column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return the column `name` as numbers.

    Raises:
        MarketError: it holds none.
    """
    try:
        found = column.to_numpy()
        if found.dtype == np.float32:
            found = found.astype(str)  # its own digits: widened, it has more than it says
        return np.asarray(found, dtype=np.float64)
    except PARSED as error:
        raise MarketError(
            f"{file}: expected numbers in the column {name}, was {column.type}: {error}"
        ) from error


def clean(file: Path, name: str, prices: Columns) -> tuple[NDArray[np.float64], ...]:
    """Return prices without the noise of calculations; what was rounded is said.

    Raises:
        MarketError: they share no digits.
    """
    found = quoted(f"{file}: {name}", prices)
    if found.rounded:
        sys.stderr.write(
            f"market: {name}: {found.rounded} prices are beside the tick by float noise alone;"
            f" all are played with {found.places} decimals\n"
        )
    return found.columns


def product_of(product: ProductId, prices: Columns, quantities: Columns) -> Product:
    """Return a product whose increments represent all these numbers exactly."""
    base, _, quote = product.rpartition("-")
    tick = Decimal(1).scaleb(-_decimals(product, prices, 0))
    step = Decimal(1).scaleb(-_decimals(product, quantities, VOLUME_DECIMALS_MIN))
    return Product(
        id=product,
        base=base,
        quote=quote,
        price_increment=tick,
        base_increment=step,
        quote_increment=Decimal("0.01"),
        base_min=step,
        base_max=Decimal(1_000_000_000),
        quote_min=Decimal(1),
        quote_max=Decimal(150_000_000),
    )


def fingerprint(rows: Mapping[ProductId, Sequence[NDArray[np.generic]]]) -> str:
    """Return what tells these rows from others in a file of the same name."""
    digest = hashlib.sha256()
    for product, columns in rows.items():
        digest.update(product.encode())
        for column in columns:
            digest.update(column.tobytes())
    return digest.hexdigest()[:12]


def _decimals(product: ProductId, columns: Columns, least: int) -> int:
    """Return how many decimals represent every value exactly as it is written."""
    values = np.unique(np.concatenate(columns))
    for places in range(least, DECIMALS_USUAL + 1):
        # Only what is not represented yet needs another look; scaled beyond what a float counts
        # exactly, rounding proves nothing.
        scaled = np.abs(values) * 10.0**places
        values = values[(np.round(values, places) != values) | (scaled >= COUNTED_EXACTLY)]
        if not len(values):
            return places
    places = -min(int(Decimal(repr(float(value))).as_tuple().exponent) for value in values)
    if places > DECIMALS_MAX:
        raise MarketError(
            f"{product}: expected prices and volumes of at most {DECIMALS_MAX} decimals,"
            f" was {float(values[0])!r}"
        )
    return places
