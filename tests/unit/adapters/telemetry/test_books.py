"""What a run saw of books is read as it was written; a damaged row costs itself alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telemetry.books import HEAD, MOST_DEPTH, BookFiles, BookLook, read_books
from domain.model.instants import DAY, HOUR, Nanos, parse_iso
from domain.model.product import ProductId
from domain.model.universe import Exclusion
from tests.builders.messages import BTC, ETH, a_standing

pytestmark = pytest.mark.req("BT1")
NOON = parse_iso("2026-01-05T12:00:00Z")
ALL = (NOON - 10 * DAY, NOON + 10 * DAY)
SEEN = a_standing(BTC, spread_bps=Decimal("1.5"), depth=Decimal("200000.25"))


def looks(folder: Path, since_ns: int = ALL[0], until_ns: int = ALL[1]) -> list[BookLook | None]:
    return list(read_books(folder, since_ns, until_ns))


def look(at_ns: int = NOON, product: ProductId = BTC) -> BookLook:
    return BookLook(product, Nanos(at_ns), Decimal("1.5"), Decimal("200000.25"))


def test_what_was_seen_is_read_again_by_day_and_time(tmp_path: Path) -> None:
    books = BookFiles(tmp_path / "books")
    for at_ns in (NOON, NOON + HOUR, NOON + DAY):
        books.append(Nanos(at_ns), [SEEN])

    files = [file.name for file in sorted((tmp_path / "books").iterdir())]
    assert files == ["2026-01-05.csv", "2026-01-06.csv"]
    assert looks(tmp_path / "books") == [look(), look(NOON + HOUR), look(NOON + DAY)]
    assert looks(tmp_path / "books", NOON + 1, NOON + HOUR) == [look(NOON + HOUR)]
    assert looks(tmp_path / "nowhere") == []


def test_a_book_that_nobody_saw_is_not_kept(tmp_path: Path) -> None:
    unseen = a_standing(ETH, spread_bps=None, depth=None)
    lost = a_standing(
        ETH,
        spread_bps=Decimal(2),
        depth=Decimal(1),
        exclusion_reason=Exclusion.BOOK_UNKNOWN,
    )
    books = BookFiles(tmp_path)
    books.append(NOON, [unseen, lost])
    assert not list(tmp_path.iterdir())
    books.append(NOON, [unseen, SEEN, lost])
    assert looks(tmp_path) == [look()]


def test_a_row_that_a_crash_has_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    BookFiles(tmp_path).append(NOON, [SEEN])
    (file,) = tmp_path.iterdir()
    with file.open("a", encoding="ascii") as out:
        out.write("2026-01-05T12:15:00Z,BTC-USD,1.5,20000")
    assert looks(tmp_path) == [look(), None]

    BookFiles(tmp_path).append(Nanos(NOON + HOUR), [SEEN])

    cut_off = BookLook(BTC, parse_iso("2026-01-05T12:15:00Z"), Decimal("1.5"), Decimal(20000))
    assert looks(tmp_path) == [look(), cut_off, look(NOON + HOUR)]


@pytest.mark.parametrize(
    "row",
    [
        "",
        "x",
        "2026-01-05T12:00:00Z,BTC-USD,1.5",
        "2026-01-05T12:00:00Z,BTC-USD,1.5,1,1",
        "2026-01-05T12:00:00Z,,1.5,1",
        "yesterday,BTC-USD,1.5,1",
        *(
            f"2026-01-05T12:00:00Z,BTC-USD,{spread},{depth}"
            for spread, depth in (
                ("0", "1"),
                ("-1", "1"),
                ("NaN", "1"),
                ("sNaN", "1"),
                ("inf", "1"),
                ("10000", "1"),
                ("1.5", "0"),
                ("1.5", "-1"),
                ("1.5", "NaN"),
                ("1.5", "1e400"),
                ("1.5", str(MOST_DEPTH + 1)),
                ("one", "1"),
            )
        ),
    ],
)
def test_a_row_that_makes_no_sense_is_none_of_them(tmp_path: Path, row: str) -> None:
    good = "2026-01-05T12:00:00Z,BTC-USD,1.5,200000.25"
    text = f"{HEAD}\n{good}\n{row}\n{good}\n"
    (tmp_path / "2026-01-05.csv").write_text(text, encoding="ascii")
    assert looks(tmp_path) == [look(), None, look()]


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_reader(tmp_path_factory: pytest.TempPathFactory, found: bytes) -> None:
    folder = tmp_path_factory.mktemp("books")
    (folder / "2026-01-05.csv").write_bytes(found)
    assert all(each is None or each.spread_bps > 0 for each in looks(folder))


def test_what_could_not_be_written_is_no_row_and_the_next_begins_one(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    folder.write_text("in the place of a folder", encoding="ascii")
    books = BookFiles(folder)
    with pytest.raises(OSError, match="books"):
        books.append(NOON, [SEEN])
    folder.unlink()
    books.append(NOON, [SEEN])
    assert looks(folder) == [look()]
