"""What of the equity was at work while a backtest ran: in all, by asset and by theme."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from attrs import define, field, frozen

from domain.model.bids import BidColumn
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.portfolio import Lot, PortfolioView
from domain.model.product import ProductId, base_of

HUNDRED = Decimal(100)
Column = Sequence[Decimal]


@define
class Share:
    """What of the equity was at work in something: sum over minutes, and the most, in percent."""

    total: Decimal = ZERO
    most: Decimal = ZERO
    last: Decimal = ZERO
    last_minute: int = -1

    def take(self, minute: int, percent: Decimal) -> None:
        """Count the share of a minute; the newest of one minute counts."""
        self.take_row(minute, (percent,))

    def take_row(self, first_minute: int, percents: Column) -> None:
        """Count the shares of minutes that follow one another."""
        if first_minute == self.last_minute:
            self.total -= self.last
        self.total = sum(percents, self.total)
        self.most = max(self.most, max(percents))
        self.last, self.last_minute = percents[-1], first_minute + len(percents) - 1


@frozen
class AtWork:
    """What of the equity was at work at one time, in percent: in all, by asset and by theme."""

    whole: Decimal = ZERO
    assets: Mapping[str, Decimal] = field(factory=dict)
    themes: Mapping[str, Decimal] = field(factory=dict)


NOTHING = AtWork()


@frozen
class _Held:
    """Product, asset and quantity of each lot, and which of the assets each theme has."""

    lots: tuple[tuple[ProductId, str, Quantity], ...]
    themes: Mapping[str, tuple[str, ...]]


NOTHING_HELD = _Held((), {})


@define
class ExposureShares:
    """Shares of the equity at market value: in all, by asset and by theme.

    `assets_of` names the assets of each theme; `hours` has the last of each hour, by its number
    since 1970.
    """

    assets_of: Mapping[str, Collection[str]] = field(factory=dict)
    whole: Share = field(factory=Share)
    assets: dict[str, Share] = field(factory=dict)
    themes: dict[str, Share] = field(factory=dict)
    hours: dict[int, AtWork] = field(factory=dict)
    # The lots that were looked at last, and what of them does not change with prices.
    _held: tuple[tuple[Lot, ...], _Held] = field(default=((), NOTHING_HELD), eq=False, init=False)

    def take(
        self,
        view: PortfolioView | None,
        at_ns: Nanos,
        nlv: Amount | None,
        marks: Mapping[ProductId, Price],
    ) -> None:
        """Count what is at work in a minute, at the bids by which it is valued."""
        if view is None or not nlv or not view.lots:
            self.hours[at_ns // HOUR] = NOTHING
            return
        worth: dict[str, Column] = {}
        for product, asset, quantity in self._held_of(view.lots).lots:
            mark = marks.get(product)
            if mark is not None:
                (before,) = worth.get(asset, (ZERO,))
                worth[asset] = (before + quantity * mark,)
        self._count((at_ns,), (nlv,), worth)

    def take_row(
        self,
        view: PortfolioView | None,
        at_ns: Sequence[Nanos],
        nlv: Sequence[Amount],
        bids: Mapping[ProductId, BidColumn],
    ) -> None:
        """Count what is at work in minutes that follow one another: they have all bids."""
        if view is None or not all(nlv) or not view.lots:
            for row, (at, worth) in enumerate(zip(at_ns, nlv, strict=True)):
                self.take(view, at, worth, {each: bids[each].price(row) for each in bids})
            return
        worths: dict[str, Column] = {}
        for product, asset, quantity in self._held_of(view.lots).lots:
            column = bids[product]
            each, ticks = quantity * column.increment, column.ticks
            if asset in worths:
                pairs = zip(worths[asset], ticks, strict=False)
                worths[asset] = [before + tick * each for before, tick in pairs]
            else:
                worths[asset] = [tick * each for tick in ticks[: len(nlv)]]
        self._count(at_ns, nlv, worths)

    def _count(
        self, at_ns: Sequence[Nanos], nlv: Sequence[Amount], worth: Mapping[str, Column]
    ) -> None:
        assets = {asset: _percents(column, nlv) for asset, column in worth.items()}
        themes = dict(self._of_themes(nlv, worth, assets))
        if len(assets) == 1:
            (whole,) = assets.values()
        else:
            whole = _percents(_sums(worth.values(), len(nlv)), nlv)
        minute = at_ns[0] // MINUTE
        for kept, found in ((self.assets, assets), (self.themes, themes)):
            for name, column in found.items():
                kept.setdefault(name, Share()).take_row(minute, column)
        self.whole.take_row(minute, whole)
        for row in _last_of_hours(at_ns):
            self.hours[at_ns[row] // HOUR] = AtWork(
                whole[row],
                {name: column[row] for name, column in assets.items()},
                {name: column[row] for name, column in themes.items()},
            )

    def _of_themes(
        self, nlv: Sequence[Amount], worth: Mapping[str, Column], assets: Mapping[str, Column]
    ) -> Iterator[tuple[str, Column]]:
        for theme, members in self._held[1].themes.items():
            if len(members) == 1:  # as it is where little is owned
                (asset,) = members
                if asset in worth and worth[asset][0]:
                    yield theme, assets[asset]
                continue
            value = _sums([worth[asset] for asset in members if asset in worth], len(nlv))
            if value[0]:
                yield theme, _percents(value, nlv)

    def _held_of(self, lots: tuple[Lot, ...]) -> _Held:
        if self._held[0] is not lots:
            self._held = lots, _held(lots, self.assets_of)
        return self._held[1]


def _held(lots: tuple[Lot, ...], themes: Mapping[str, Collection[str]]) -> _Held:
    parts = tuple((lot.product, base_of(lot.product), lot.held) for lot in lots)
    assets = {asset for _, asset, _ in parts}
    named = {
        theme: tuple(asset for asset in members if asset in assets)
        for theme, members in themes.items()
    }
    return _Held(parts, {theme: members for theme, members in named.items() if members})


def _percents(values: Column, nlv: Sequence[Amount]) -> Column:
    return [HUNDRED * value / whole for value, whole in zip(values, nlv, strict=True)]


def _sums(columns: Collection[Column], rows: int) -> Column:
    """Return the sum of each row of columns; nothing where there is no column."""
    return [sum(row, ZERO) for row in zip(*columns, strict=True)] if columns else [ZERO] * rows


def _last_of_hours(at_ns: Sequence[Nanos]) -> Iterator[int]:
    """Yield the number of the last row of each hour."""
    for row in range(len(at_ns) - 1):
        if at_ns[row] // HOUR != at_ns[row + 1] // HOUR:
            yield row
    yield len(at_ns) - 1
