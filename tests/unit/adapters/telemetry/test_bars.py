"""Bars come back as they were kept, whatever happened to the file meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.candles import open_candles
from adapters.telemetry.bars import BarFiles, file_of, read_bars
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price
from domain.model.product import ProductId
from tests.builders.market import bar

ALL = (Nanos(0), Nanos(2**63 - 1))
BARS = tuple(bar(n, (f"{n + 1}.2", f"{n + 2}", f"{n + 1}", f"{n + 1}.5"), "0.75") for n in range(6))
PRODUCT = BARS[0].product


def kept(folder: Path) -> list[Bar]:
    return list(read_bars(file_of(folder, PRODUCT), *ALL))


def test_bars_are_read_as_they_were_kept_and_older_ones_are_not_kept_twice(tmp_path: Path) -> None:
    bars = BarFiles(tmp_path)

    bars.append(PRODUCT, BARS[:3])
    bars.append(PRODUCT, BARS[1:5])
    BarFiles(tmp_path).append(PRODUCT, BARS)

    assert kept(tmp_path) == list(BARS)


def test_what_a_full_disk_has_cut_off_spoils_no_later_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = BarFiles(tmp_path)
    bars.append(PRODUCT, BARS[:2])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", half_written)
        with pytest.raises(OSError, match="full"):
            bars.append(PRODUCT, BARS[2:3])

    bars.append(PRODUCT, BARS[2:4])

    assert kept(tmp_path) == list(BARS[:4])


@contextmanager
def half_written(path: Path, *_: object, **__: object) -> Iterator[object]:
    class Full:
        def write(self, text: str) -> None:
            with open(path, "a", encoding="ascii") as file:
                file.write(text[: len(text) // 2])
            raise OSError("full")

    yield Full()


def test_a_span_of_time_is_read(tmp_path: Path) -> None:
    BarFiles(tmp_path).append(PRODUCT, BARS)
    first = BARS[0].start_ns

    found = read_bars(file_of(tmp_path, PRODUCT), first + MINUTE, first + 3 * MINUTE)

    assert list(found) == list(BARS[1:3])


@given(cut=st.integers(0, 600), junk=st.binary(max_size=40))
def test_a_file_that_was_cut_or_damaged_loses_no_whole_row_and_goes_on(
    cut: int, junk: bytes
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        BarFiles(folder).append(PRODUCT, BARS[:4])
        file = file_of(folder, PRODUCT)
        whole = file.read_bytes()
        file.write_bytes(whole[:cut] + junk)
        left = [each for each in kept(folder) if each in BARS]

        BarFiles(folder).append(PRODUCT, BARS[4:])

        found = kept(folder)
        assert [each for each in found if each in BARS] in (left + list(BARS[4:]), list(BARS[4:]))
        assert set(BARS[4:]) <= set(found)


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("text", ["", "NaN", "-1", "1e999999999", "x", "0"])
def test_a_row_that_makes_no_sense_costs_itself(tmp_path: Path, field: str, text: str) -> None:
    BarFiles(tmp_path).append(PRODUCT, BARS[:3])
    file = file_of(tmp_path, PRODUCT)
    rows = file.read_text(encoding="ascii").splitlines()
    names, values = rows[0].split(","), rows[2].split(",")
    values[names.index(field)] = text
    rows[2] = ",".join(values)
    file.write_text("\n".join(rows) + "\n", encoding="ascii")

    others = [each for each in kept(tmp_path) if each.start_ns != BARS[1].start_ns]

    assert others == [BARS[0], BARS[2]]


def test_what_a_run_has_kept_can_be_played_again(tmp_path: Path) -> None:
    BarFiles(tmp_path).append(PRODUCT, BARS)

    market = open_candles(tmp_path)

    assert market.candles(PRODUCT, *ALL) == list(BARS)


def test_a_venue_cannot_name_a_file_outside_the_folder(tmp_path: Path) -> None:
    odd = evolve(BARS[0], product=ProductId("../../BTC-USD"), open=Price(Decimal("100.5")))

    BarFiles(tmp_path / "bars").append(odd.product, (odd,))

    assert [each.name for each in tmp_path.rglob("*.csv")] == ["______BTC-USD.csv"]
    assert file_of(tmp_path, odd.product).parent == tmp_path
