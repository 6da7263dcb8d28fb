"""The journal as tables of SQLite, for questions of people: made from it, and never the truth.

It goes on from the place that it read last if the bytes before that are still the same, and is made
anew if they are not. Money and quantities are texts in plain decimals.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from attrs import frozen

from adapters.journal.chain import Head
from adapters.journal.files import DiskFolder
from adapters.journal.position import BEGINNING, Position, SegmentBytes, checked
from adapters.journal.scan import Scan
from app.results.read_model_rows import TABLES, rows_of
from app.run.folding import CODEC, fold_journal, fold_version
from domain.messages.supervision import BootCompleted
from domain.model.instants import iso
from domain.model.money import plain
from domain.portfolio.ledger import Ledger

FILE = "journal.sqlite"
_UNFINISHED = ".journal.sqlite.new"
_MEMBERS = ("seq", "hash", "lineage", "former", "parts", "line")
_STEP = 5_000
"""Records between two calls that tell how far it has come."""


@frozen
class Refreshed:
    """What was done: how many records were read, whether it was made anew, where it stands."""

    file: Path
    read: int
    is_new: bool
    seq: int


def refresh(
    folder: Path, *, anew: bool = False, moved: Callable[[Scan], None] = lambda _: None
) -> Refreshed:
    """Make `journal.sqlite` in the mode's `folder` from its journal, or bring it up to date.

    `moved` is called now and then with the pass over the journal.

    Raises:
        JournalError: the chain is broken: nothing was changed.
        OSError, sqlite3.Error: something can't be read or written.
    """
    file, journal = folder / FILE, folder / "journal"
    known = None if anew else _known(file, journal)
    if known is not None:
        with closing(sqlite3.connect(file)) as base, base:
            return _read(base, file, journal, known, moved)
    unfinished = folder / _UNFINISHED
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(unfinished)) as base, base:
            base.execute("PRAGMA synchronous = OFF")  # what a power cut spoils is made again
            for name, columns in TABLES.items():
                base.execute(f"CREATE TABLE {name} ({columns})")
            done = _read(base, file, journal, BEGINNING, moved)
        unfinished.chmod(0o600)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return done


def _read(
    base: sqlite3.Connection,
    file: Path,
    journal: Path,
    begin: Position,
    moved: Callable[[Scan], None],
) -> Refreshed:
    scan = Scan(DiskFolder(journal), after=begin)
    quote = dict(base.execute("SELECT name, value FROM meta")).get("quote", "")
    for count, record in enumerate(scan):
        message = CODEC.decode(record.type, record.data)
        if isinstance(message, BootCompleted):
            quote = next((product.quote for product in message.products), quote)
        for row in rows_of(record, message):
            base.execute(row.statement, row.values)
        if count % _STEP == 0:
            moved(scan)
    books = fold_journal(journal, quote)  # of a trader that runs it may know more than the rows
    _write_books(base, books.scan.head.seq, books.fold.state().ledger)
    meta = {"version": fold_version(), "position": _told(scan.position), "quote": quote}
    base.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())
    is_new = begin == BEGINNING
    return Refreshed(file, scan.head.seq - begin.head.seq, is_new, scan.head.seq)


def _write_books(base: sqlite3.Connection, seq: int, ledger: Ledger | None) -> None:
    base.execute("DELETE FROM ledger")
    base.execute("DELETE FROM lots")
    if ledger is None:
        return
    amounts = (ledger.opening_cash, ledger.cash, ledger.flows, ledger.realised, ledger.fees)
    row = (seq, ledger.quote_currency, *map(plain, amounts))
    base.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    base.executemany(f"INSERT INTO lots VALUES ({', '.join('?' * 10)})", _lots(ledger))


def _lots(ledger: Ledger) -> Iterator[tuple[str | None, ...]]:
    for lot in ledger.lots:
        target = None if lot.target_price is None else plain(lot.target_price)
        numbers = (plain(lot.quantity), plain(lot.missing), plain(lot.cost), plain(lot.stop_price))
        opened = iso(lot.opened_ns)
        yield (lot.id, lot.product, lot.strategy, lot.signal, *numbers, target, opened)


def _known(file: Path, journal: Path) -> Position | None:
    """Return the place up to which the tables are, None if they have to be made anew."""
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
            meta = dict(base.execute("SELECT name, value FROM meta"))
            names = {row[0] for row in base.execute("SELECT name FROM sqlite_master")}
        if meta["version"] != fold_version() or not names >= TABLES.keys():
            return None
        return checked(journal, _position(json.loads(meta["position"])))
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _told(place: Position) -> str:
    parts = [[part.segment, part.size, part.digest] for part in place.parts]
    head = place.head
    values = (head.seq, head.hash, place.lineage, list(place.former), parts, place.line)
    return json.dumps(dict(zip(_MEMBERS, values, strict=True)))


def _position(told: dict[str, object]) -> Position:
    seq, digest, lineage, former, parts, line = (told[name] for name in _MEMBERS)
    if type(seq) is not int or type(line) is not int or not isinstance(parts, list):
        raise ValueError("expected a place in a journal")
    segments = tuple(_segment(*each) for each in parts)
    names = tuple(map(str, former)) if isinstance(former, list) else ()
    return Position(Head(seq, str(digest)), str(lineage), names, segments, line)


def _segment(name: object, size: object, digest: object) -> SegmentBytes:
    if type(size) is not int or "/" in str(name):
        raise ValueError("expected the bytes of a segment")
    return SegmentBytes(str(name), size, str(digest))
