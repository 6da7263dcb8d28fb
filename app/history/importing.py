"""`data import`, file by file: read, checked, kept by product and month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from adapters.simulator.importing.candles import Imported, ImportHints, is_readable, read_candles
from adapters.simulator.importing.months import MonthFiles, Written
from adapters.simulator.market_data.source import MarketError
from app.command_line.environment import in_words
from app.command_line.progress import progress_bar
from app.history.words import quality_document, quality_lines
from domain.model.wording import counted

SHOWN_FAULTS = 8


@frozen
class ImportedFile:
    """What became of a file. `problem` says why nothing, or not all of it, was kept."""

    file: Path
    found: Imported | None = None
    written: Sequence[Written] = field(default=())
    problem: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as members of a document."""
        head = {"file": str(self.file), "ok": self.problem is None, "problem": self.problem}
        written = [
            {"file": str(each.file), "rows": each.rows, "new": each.new} for each in self.written
        ]
        return head | ({} if self.found is None else _document(self.found)) | {"written": written}

    def lines(self) -> Iterator[str]:
        """Yield what people are told."""
        if self.found is not None:
            yield from _lines(self.found)
        for each in self.written:
            new = f"{each.new:,} of them new" if each.new else "all of them were there already"
            yield f"  {each.file}: {counted(each.rows, 'minute')}, {new}"
        if self.problem is not None:
            yield f"refused: {self.problem}"


def files_in(path: Path) -> list[Path]:
    """Return the file itself, or those of a folder that can be imported, in order of their names.

    Raises:
        MarketError: the folder has none.
        OSError: it can't be looked at.
    """
    if not path.is_dir():
        return [path]
    files = sorted(each for each in path.iterdir() if each.is_file() and is_readable(each))
    if not files:
        raise MarketError(f"{path}: expected files with candles, the folder has none")
    return files


def read_file(file: Path, wish: ImportHints) -> ImportedFile:
    """Return what a file has, and keep nothing."""
    try:
        with progress_bar(file.name, file.stat().st_size) as moved:
            return ImportedFile(file, read_candles(file, wish, moved))
    except MarketError as error:
        return ImportedFile(file, problem=str(error))
    except OSError as error:
        return ImportedFile(file, problem=in_words(error))


def import_file(file: Path, wish: ImportHints, months: MonthFiles) -> ImportedFile:
    """Keep the candles of a file; one that can't be read costs only itself.

    Raises:
        OSError: there is no way to write.
    """
    read = read_file(file, wish)
    written: list[Written] = []
    for product, table in () if read.found is None else read.found.tables.items():
        try:
            written += months.add(product, table)
        except MarketError as error:
            return evolve(read, written=tuple(written), problem=str(error))
    return evolve(read, written=tuple(written))


def _document(found: Imported) -> dict[str, Any]:
    return {
        "form": found.form,
        "rows": found.rows,
        "left_out": [{"rows": rows, "first": first} for rows, first in found.faults],
        "remarks": list(found.remarks),
        "products": [quality_document(each) for each in found.quality],
    }


def _lines(found: Imported) -> Iterator[str]:
    yield f"{found.file}: {found.form}"
    prefix = f"{found.file}: "
    yield from (f"  {each.removeprefix(prefix)}" for each in found.remarks)
    yield from quality_lines(found.quality)
    left_out = sum(rows for rows, _ in found.faults)
    if left_out:
        yield f"  left out: {left_out:,} of {counted(found.rows, 'row')}"
    for rows, first in found.faults[:SHOWN_FAULTS]:
        yield f"    {first}" + (f" (and {counted(rows - 1, 'row')} like it)" if rows > 1 else "")
    if (more := len(found.faults) - SHOWN_FAULTS) > 0:
        yield f"    and {counted(more, 'other fault')}; --json lists all"
