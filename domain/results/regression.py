"""Whether a result is still what it was: five numbers, each within two percent of a baseline's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import asdict, fields, frozen

from domain.model.errors import TradingError
from domain.model.money import parse_decimal, plain

TOLERANCE = Decimal("0.02")


class BaselineUnusable(TradingError):
    """There is nothing to compare with; the text says why."""


@frozen(kw_only=True)
class Metrics:
    """What results are compared by. Percentages in percent; None where there is nothing to divide.

    `total_pnl_pct` is of the equity at the beginning, what is open at the end included.
    """

    total_trades: Decimal
    win_rate: Decimal | None
    total_pnl_pct: Decimal
    max_drawdown_pct: Decimal
    profit_factor: Decimal | None

    def texts(self) -> dict[str, str | None]:
        """Return them by name, as plain decimals."""
        return {name: None if v is None else plain(v) for name, v in asdict(self).items()}


@frozen
class Moved:
    """One number that is not what it was."""

    name: str
    was: Decimal | None
    now: Decimal | None

    def __str__(self) -> str:
        if self.was is None or self.now is None or not self.was:
            return f"{self.name}: was {_text(self.was)}, is {_text(self.now)}"
        change = 100 * (self.now - self.was) / abs(self.was)
        return f"{self.name}: was {_text(self.was)}, is {_text(self.now)} ({change:+.1f} %)"


def moved(baseline: Metrics, now: Metrics) -> tuple[Moved, ...]:
    """Return what differs by more than two percent of the baseline, to the better or the worse.

    Where the baseline is zero, or has no such number, only the same is the same.
    """
    return tuple(_moved(baseline, now))


def _moved(baseline: Metrics, now: Metrics) -> Iterator[Moved]:
    for each in fields(Metrics):
        was, found = getattr(baseline, each.name), getattr(now, each.name)
        if was is None or found is None:
            is_same = was is found
        else:
            is_same = abs(found - was) <= TOLERANCE * abs(was)
        if not is_same:
            yield Moved(each.name, was, found)


def baseline_of(texts: object) -> Metrics:
    """Return the metrics of a baseline, as `Metrics.texts` has written them.

    Raises:
        BaselineUnusable: one is missing or no number, or nothing was traded.
    """
    found = metrics_of(texts)
    if found.total_trades < 1:
        raise BaselineUnusable("it has no closed trade: everything would equal it")
    return found


def metrics_of(texts: object) -> Metrics:
    """Return metrics as `Metrics.texts` has written them.

    Raises:
        BaselineUnusable: one is missing or no number.
    """
    if not isinstance(texts, Mapping):
        raise BaselineUnusable("it has no object `metrics`")
    return Metrics(
        total_trades=_needed(texts, "total_trades"),
        win_rate=_number(texts, "win_rate"),
        total_pnl_pct=_needed(texts, "total_pnl_pct"),
        max_drawdown_pct=_needed(texts, "max_drawdown_pct"),
        profit_factor=_number(texts, "profit_factor"),
    )


def _needed(texts: Mapping[str, object], name: str) -> Decimal:
    found = _number(texts, name)
    if found is None:
        raise BaselineUnusable(f"metrics.{name} is missing")
    return found


def _number(texts: Mapping[str, object], name: str) -> Decimal | None:
    text = texts.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise BaselineUnusable(f"metrics.{name}: expected a number as text, was {text!r}")
    try:
        return parse_decimal(text)
    except TradingError as error:
        raise BaselineUnusable(f"metrics.{name}: {error}") from error


def _text(value: Decimal | None) -> str:
    return "nothing" if value is None else plain(round(value, 4))
