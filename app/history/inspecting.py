"""`data inspect`: what a file or folder has, and whether `--market` takes it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from adapters.simulator.importing.candles import ImportHints
from adapters.simulator.importing.quality import quality_of
from adapters.simulator.market_data.candles import CandleMarket
from adapters.simulator.market_data.open import TABLES, open_recorded
from adapters.simulator.market_data.raw import RAW_SUFFIXES, RawRecording
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.trades import TradeMarket
from app.history.importing import ImportedFile, files_in, read_file
from app.history.words import quality_document, quality_lines
from domain.model.instants import iso
from domain.model.money import plain

KINDS = {CandleMarket: "candles", TradeMarket: "trades", RawRecording: "recorded frames"}


@frozen
class Inspection:
    """What is in a path: a market, or why there is none and what `data import` finds instead."""

    path: Path
    market: TABLES | RawRecording | None = None
    refusal: str | None = None
    imports: Sequence[ImportedFile] = field(default=())

    @property
    def can_import(self) -> bool:
        """Tell whether `data import` makes of every file what `--market` takes."""
        return bool(self.imports) and all(each.problem is None for each in self.imports)

    def document(self) -> dict[str, Any]:
        """Return it as a document."""
        market = self.market
        return {
            "path": str(self.path),
            "playable": market is not None,
            "problem": self.refusal,
            "kind": None if market is None else KINDS[type(market)],
            "products": [] if market is None else [*_products(market)],
            "remarks": [] if market is None else list(market.remarks),
            "importable": self.can_import,
            "imports": [each.document() for each in self.imports],
        }

    def lines(self) -> Iterator[str]:
        """Yield what people are told."""
        if self.market is not None:
            yield f"{self.path}: {KINDS[type(self.market)]}; --market takes it"
            yield from _lines(self.market)
            return
        yield f"{self.path}: --market refuses it: {self.refusal}"
        if self.imports:
            yield "`data import` finds in it:"
        for each in self.imports:
            yield from each.lines()
        if self.can_import:
            place = shlex.quote(str(self.path))
            yield f"`python run.py data import {place}` makes of it what --market takes"


def inspect(path: Path) -> Inspection:
    """Look at a file or folder.

    Raises:
        OSError: it can't be looked at.
    """
    try:
        return Inspection(path, market=open_recorded(path))
    except MarketError as error:
        refusal = str(error).removeprefix("--market: ").removeprefix(f"{path}: ")
    try:
        files = [each for each in files_in(path) if not _is_frames(each)]
    except MarketError:
        files = []
    return Inspection(path, None, refusal, tuple(read_file(each, ImportHints()) for each in files))


def _is_frames(file: Path) -> bool:
    """Tell whether a file is meant as a recording, which nothing makes candles of."""
    return file.name.endswith(RAW_SUFFIXES) and '"channel"' in _head(file)


def _head(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(4_096).decode("utf-8", "replace")


def _products(market: TABLES | RawRecording) -> Iterator[dict[str, Any]]:
    if isinstance(market, CandleMarket):
        yield from (quality_document(each) for each in _quality(market))
    elif isinstance(market, TradeMarket):
        for product, (first_ns, last_ns) in zip(market.products, market.reach(), strict=True):
            span = {"first_minute": iso(first_ns), "last_minute": iso(last_ns)}
            yield {"product": product.id, **span, "tick": plain(product.price_increment)}
    else:
        yield from ({"product": each.id} for each in market.products)


def _quality(market: CandleMarket) -> list[Any]:
    return [
        quality_of(each.id, rows.starts, rows.columns, each.price_increment)
        for each in market.products
        for rows in [market.rows(each.id)]
    ]


def _lines(market: TABLES | RawRecording) -> Iterator[str]:
    yield from (f"  {remark}" for remark in market.remarks)
    if isinstance(market, CandleMarket):
        yield from quality_lines(_quality(market))
        return
    if isinstance(market, RawRecording):
        end_ns = market.end_ns
        yield f"  {iso(market.first_ns)} to {'' if end_ns is None else iso(end_ns)}"
    for each in _products(market):
        yield "  " + ", ".join(f"{name} {value}" for name, value in each.items())
