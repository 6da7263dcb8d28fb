"""What reading a file leaves out: each row by itself, counted, and told in one sentence a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

from attrs import frozen

from adapters.simulator.market_data.source import MarketError
from domain.model.product import ProductId

R = TypeVar("R")
"""Rows of one product."""
_BEFORE_ALL = -1


@frozen
class FileRows(Generic[R]):
    """Rows by product, and what people are told of how they were read."""

    rows: dict[ProductId, R]
    remarks: tuple[str, ...]


class Reading:
    """One file of `kind` while it is read; `means` says what becomes of a row that is left out."""

    def __init__(self, file: Path, kind: str, means: str) -> None:
        self.file = file
        self.kind = kind
        self._means = means
        self._rows = 0
        self._left_out = 0
        self._first = (0, "")
        self.faults: list[tuple[int, str]] = []
        """Rows that were left out, by what is wrong: how many, and where the first is."""
        self._remarks: list[str] = []

    @property
    def rows(self) -> int:
        """Rows that the file has, those that are left out among them."""
        return self._rows

    @property
    def remarks(self) -> tuple[str, ...]:
        """What people should know beside of what was left out."""
        return tuple(self._remarks)

    def has(self, rows: int) -> None:
        """Count rows that the file has."""
        self._rows += rows

    def leave_out(self, rows: int, first: str, at_ns: int = _BEFORE_ALL) -> None:
        """Count rows that can't be read; `first` says where the earliest is, and what is wrong."""
        if rows and (not self._left_out or at_ns < self._first[0]):
            self._first = (at_ns, first)
        self._left_out += rows
        if rows:
            self.faults.append((rows, first))

    def repeated(self, product: str, rows: int) -> None:
        """Tell that so many rows say what another one says, too."""
        if rows:
            self.remark(f"{self.file}: {product}: rows that are there twice count once: {rows}")

    def remark(self, sentence: str) -> None:
        """Keep what people should know beside."""
        self._remarks.append(sentence)

    def end(self, rows: Mapping[ProductId, R]) -> FileRows[R]:
        """Return what was read.

        Raises:
            MarketError: it is nothing; the text says what is wrong with the first row.
        """
        first = self._first[1]
        if not rows:
            raise MarketError(
                f"{self.file}: {first}; none of its {self._rows} rows can be read as {self.kind}"
            )
        told = list(self._remarks)
        if self._left_out:
            told.append(
                f"{self.file}: {self._left_out} of {self._rows} rows could not be read,"
                f" {self._means}; the first: {first}"
            )
        return FileRows(dict(rows), tuple(told))
