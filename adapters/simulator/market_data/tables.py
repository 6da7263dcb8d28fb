"""Tables from Parquet or CSV files: what candles and trades have in common."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from adapters.simulator.market_data.digits import quoted
from adapters.simulator.market_data.reading import FileRows, R, Reading
from adapters.simulator.market_data.source import MarketError
from domain.model.errors import InvalidNumber
from domain.model.instants import DAY, SECOND, parse_iso
from domain.model.product import Product, ProductId
from domain.model.spelling import product_meant
from domain.model.wording import counted

SUFFIXES = (".parquet", ".csv")
VOLUME_DECIMALS_MIN = 8
COUNTED_EXACTLY = 2.0**50
DECIMALS_USUAL = 12
"""Up to here all rows are tried at once; what has more is looked at number by number."""
DECIMALS_MAX = 20
LEAST = 10.0**-DECIMALS_MAX
LEAST_OF_FINE = 10.0 ** (17 - DECIMALS_MAX)
"""A float has at most 17 digits: from here on it is written with at most DECIMALS_MAX decimals."""
FIRST_NS = 365 * DAY
LINE = "line"
"""Column of a table that says in which line of its file each row stands."""
PARSED = (OSError, pa.ArrowException, ValueError, TypeError)
Columns = Sequence[NDArray[np.float64]]
UNITS = {"s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}
LATEST_NS = 2**63 - 1
_NUMBERS = (pa.types.is_integer, pa.types.is_floating)
_TEXTS = (pa.types.is_string, pa.types.is_large_string)


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
        parsing = pa.csv.ParseOptions(invalid_row_handler=lambda _: "skip")
        with pa.csv.open_csv(file, parse_options=parsing) as reader:
            return list(reader.schema.names)
    except PARSED as error:
        raise MarketError(f"{file}: expected {kind}, could not be read: {error}") from error


def read_table(reading: Reading, needed: Sequence[str]) -> pa.Table:
    """Return the file's table, which has the columns `needed` and at least one row.

    Raises:
        MarketError: it does not; the text names columns wanted and found.
    """
    file, kind = reading.file, reading.kind
    try:
        table = parquet.read_table(file) if file.suffix == ".parquet" else _csv(reading)
    except PARSED as error:
        raise MarketError(f"{file}: expected {kind}, could not be read: {error}") from error
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        found = ", ".join(table.column_names)
        raise MarketError(f"{file}: expected the columns {', '.join(missing)}, found {found}")
    if table.num_rows == 0:
        raise MarketError(f"{file}: expected {kind}, found no row")
    reading.has(table.num_rows)
    return table


def _csv(reading: Reading) -> pa.Table:
    def skip(row: pa.csv.InvalidRow) -> str:
        reading.has(1)
        reading.leave_out(
            1, f"expected {row.expected_columns} cells in a row, was {row.actual_columns}"
        )
        return "skip"

    parsing = pa.csv.ParseOptions(invalid_row_handler=skip)
    return pa.csv.read_csv(reading.file, parse_options=parsing)


Join = Callable[[Reading, str, Sequence[R]], R]
"""Makes one of a product's rows in several files; raises MarketError where they disagree."""


def rows_of_all(
    path: Path, read: Callable[[Path], FileRows[R]], join: Join[R] | None = None
) -> FileRows[R]:
    """Return what `read` finds in a file, or in all files of a folder, by product.

    Raises:
        MarketError: there is nothing to read, or two files have the same product and it can't be
            joined.
    """
    parts: dict[ProductId, list[R]] = {}
    remarks: list[str] = []
    for file in files_of(path):
        found = read(file)
        remarks += found.remarks
        for product, of_product in found.rows.items():
            if product in parts and join is None:
                raise MarketError(f"{file}: {product} was already read from another file")
            parts.setdefault(product, []).append(of_product)
    whole = Reading(path, "rows", "")
    rows = {
        product: each[0] if join is None or len(each) == 1 else join(whole, product, each)
        for product, each in parts.items()
    }
    return FileRows(rows, (*remarks, *whole.end(rows).remarks))


def products_in(reading: Reading, table: pa.Table) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Return each product's name and which rows are its own, in order of the names.

    Rows that name none are left out.
    """
    if "symbol" not in table.column_names:
        names, places = [reading.file.stem], np.zeros(table.num_rows, dtype=np.int64)
    else:
        column = table["symbol"].cast(pa.string()).fill_null("").combine_chunks()
        encoded = column.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        places = np.asarray(encoded.indices, dtype=np.int64)
    for name in sorted(names):
        mask = places == names.index(name)
        if re.fullmatch(r"[^-\s]+-[^-\s]+", name):
            yield name, mask
        else:
            said = f"expected products named like BTC-USD, was {name!r}{product_meant(name)}"
            reading.leave_out(int(mask.sum()), said)


def timed(reading: Reading, table: pa.Table) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the rows that have a time, with their column `ts` as nanoseconds since 1970.

    Raises:
        MarketError: the column holds no times, or they are not all of one unit.
    """
    file, column = reading.file, table["ts"].combine_chunks()
    kind = column.type
    try:
        if any(is_text(kind) for is_text in _TEXTS):
            column = _times_in(column.to_pylist())
            kind = column.type
        if not (pa.types.is_timestamp(kind) or pa.types.is_integer(kind)):
            raise TypeError(f"was {kind}")
        values = np.asarray(column.cast(pa.int64(), safe=False).fill_null(0), dtype=np.int64)
    except (*PARSED, InvalidNumber) as error:
        raise MarketError(
            f"{file}: expected ts as a time or as a whole number since 1970: {error}"
        ) from error
    unit = UNITS[kind.unit] if pa.types.is_timestamp(kind) else _unit(values)
    has_time = (values > 0) & (values <= LATEST_NS // unit)
    said = f"expected a time as ts, the first that has none is {_place(table, has_time)}"
    reading.leave_out(int((~has_time).sum()), said)
    table, values = table.filter(pa.array(has_time)), values[has_time]
    if pa.types.is_integer(kind) and len(values) and values.min() * unit < FIRST_NS:
        raise MarketError(
            f"{file}: expected all ts in one unit, but {values.min()} and {values.max()}"
            f" can't be: one of them ({_place(table, values * unit >= FIRST_NS)}) lies before 1971"
        )
    return table, values * unit


def _place(table: pa.Table, is_good: NDArray[np.bool_]) -> str:
    """Return where the first row stands that is not good."""
    row = int(np.argmin(is_good))
    return f"line {table[LINE][row]}" if LINE in table.column_names else f"row {row + 1}"


def _unit(values: NDArray[np.int64]) -> int:
    """Return the nanoseconds of one: by size they can't be mistaken between 1971 and 2286."""
    return next(unit for unit in UNITS.values() if values.max() < 10**19 // unit)


def _times_in(cells: Sequence[str | None]) -> pa.Array:
    """Return texts as times: whole numbers or dates; none of them is odd, or one would be null."""
    wholes = [int(cell) if cell and re.fullmatch(r"[0-9]{1,18}", cell) else None for cell in cells]
    dates = [_date(cell) for cell in cells]
    if any(dates) and any(wholes):
        raise InvalidNumber("has numbers and dates")
    if any(dates):
        return pa.array(dates, pa.timestamp("ns"))
    if any(wholes):
        return pa.array(wholes, pa.int64())
    raise InvalidNumber(f"was {next((cell for cell in cells if cell), '')!r}")


def _date(cell: str | None) -> int | None:
    try:
        found = parse_iso(cell or "")
    except InvalidNumber:
        return None
    return found if 0 < found <= LATEST_NS else None


def numbers(file: Path, name: str, column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return the column `name` as numbers, NaN where a cell is none.

    Raises:
        MarketError: it is a column of something else.
    """
    try:
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.string())  # its own digits: read as they are written
        if any(is_text(column.type) for is_text in _TEXTS):
            return _numbers(column)
        if not any(is_number(column.type) for is_number in _NUMBERS):
            raise TypeError("no numbers")
        found = column.to_numpy()
        if found.dtype == np.float32:
            found = found.astype(str)  # its own digits: widened, it has more than it says
        return np.asarray(found, dtype=np.float64)
    except PARSED as error:
        raise MarketError(
            f"{file}: expected numbers in the column {name}, was {column.type}: {error}"
        ) from error


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    try:
        found = column.cast(pa.float64())
    except pa.ArrowException:  # some cell is no number
        cells = [_number(cell) for cell in column.to_pylist()]
        return np.array(cells, dtype=np.float64)
    return np.asarray(found.to_numpy(), dtype=np.float64)


def _number(cell: str | None) -> float:
    try:
        return float(cell) if cell and cell.isascii() and "_" not in cell else float("nan")
    except ValueError:
        return float("nan")


def clean(reading: Reading, name: str, prices: Columns) -> tuple[NDArray[np.float64], ...]:
    """Return prices without the noise of calculations; what was rounded is said.

    Raises:
        MarketError: they share no digits.
    """
    found = quoted(f"{reading.file}: {name}", prices)
    if found.rounded:
        reading.remark(
            f"{name}: {found.rounded} prices are beside the tick by float noise alone;"
            f" all are played with {found.places} decimals"
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


def countable(
    reading: Reading, name: str, what: str, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return quantities without the digits that no increment can have; what was rounded is said."""
    found = values.copy()
    for row in np.flatnonzero(values < LEAST_OF_FINE).tolist():
        value = float(values[row])
        if _written(value) > DECIMALS_MAX:
            found[row] = round(value, DECIMALS_MAX)
    rounded = int((found != values).sum())
    if rounded:
        reading.remark(
            f"{name}: {counted(rounded, what)} with more than {DECIMALS_MAX} decimals:"
            f" all are played with at most {DECIMALS_MAX}"
        )
    return found


def _written(value: float) -> int:
    """Return the decimals that the shortest writing of a value has."""
    return -int(Decimal(repr(value)).as_tuple().exponent)


def fingerprint(rows: Iterable[tuple[ProductId, Sequence[NDArray[np.generic]]]]) -> str:
    """Return what tells these rows from others in a file of the same name."""
    digest = hashlib.sha256()
    for product, columns in rows:
        digest.update(product.encode())
        for column in columns:
            digest.update(column.tobytes())
    return digest.hexdigest()[:12]


def _decimals(product: ProductId, columns: Columns, least: int) -> int:
    """Return how many decimals represent every value exactly as it is written."""
    values, needed = np.unique(np.concatenate(columns)), least
    for places in range(least, DECIMALS_USUAL + 1):
        # Only what is not represented yet needs another look; scaled beyond what a float counts
        # exactly, rounding proves nothing.
        scaled = np.abs(values) * 10.0**places
        is_open = (np.round(values, places) != values) | (scaled >= COUNTED_EXACTLY)
        if not is_open.all():
            needed = places
        values = values[is_open]
        if not len(values):
            return needed
    longest = max(_written(float(value)) for value in values)
    if longest > DECIMALS_MAX:
        raise MarketError(
            f"{product}: expected prices and volumes of at most {DECIMALS_MAX} decimals,"
            f" was {float(values[0])!r}"
        )
    return max(needed, longest)
