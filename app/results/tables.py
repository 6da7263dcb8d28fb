"""Results as rows of words, the same on the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from actors.reporting.refusals import why
from domain.model.approval import Reason
from domain.model.figures import (
    NOT_KNOWN,
    moment,
    money,
    percent,
    price,
    quantity,
    signed,
    span,
)
from domain.model.pnl import OriginPnl, by_strategy, total
from domain.model.wording import counted
from domain.results.fold import Results
from domain.results.performance import TradeSummary, deepest
from domain.results.round_trips import HUNDRED

SOLD_WHY = {
    "stop": "stop",
    "target": "target",
    "max_hold": "held long enough",
    "signal": "signal",
    "operator": "you",
}


NO_STRATEGY, NO_SIGNAL = "no strategy", "not named"
"""What stands for a lot of no strategy, and for what was bought on a signal without a name."""


@frozen
class Fact:
    """One line of the overview: what it is, its value, and what that means; parts are indented."""

    name: str
    value: str
    meaning: str
    is_part: bool = False


@frozen
class Sheet:
    """A table: its title, its columns, its rows. Columns in `numbers` are right-aligned.

    One that `is_whole` makes sense with all its rows in their order only.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int]
    is_whole: bool = False


def headline(results: Results) -> str:
    """Return what the results are of, in a line."""
    counts = results.counts
    runs, cycles = counted(counts.runs, "run"), counted(counts.cycles, "cycle")
    length = span(results.ended_ns - results.begun_ns)
    return (
        f"{results.mode}: {moment(results.begun_ns)} to {moment(results.ended_ns)} UTC "
        f"({length}), {runs}, {cycles}"
    )


def overview(results: Results) -> tuple[Fact, ...]:
    """Return equity and how it came about; the parts add up to the profit."""
    facts = (
        *_equity(results),
        _drawdown(results),
        *_trades(results.summary),
        *_sales(results),
    )
    if results.flows:
        paid_in = Fact(
            "Paid in", signed(results.flows), "in less out, lost coins at cost: no profit"
        )
        return (*facts, paid_in)
    return facts


def _equity(results: Results) -> Iterator[Fact]:
    last = results.last
    if last is None:
        yield Fact("Equity", NOT_KNOWN, "nothing was valued in this time")
        yield Fact("realised", signed(results.realised), "of what was sold, after fees")
        yield Fact("Fees paid", money(results.fees), "of what was bought and sold")
        return
    what = f"{results.quote_currency}; cash and positions at the bid, less the fee of selling them"
    if not results.is_valued:
        what = f"as last known, {moment(last.at_ns)}; since then a position has no price"
    yield Fact("Equity", money(last.nlv), what)
    share = HUNDRED * last.pnl / last.opening_nlv if last.opening_nlv else None
    since = f"{percent(share, is_signed=True)} since the account opened"
    if not results.is_valued:
        since = f"{since}, as known then"
    yield Fact("Profit", signed(last.pnl), since)
    yield Fact("realised", signed(results.realised), "of what was sold, after fees", is_part=True)
    later = "if all positions were sold now, after fees"
    if not results.is_valued:
        later = "what a position without a price would bring is not known"
    yield Fact("open", signed(results.unrealised), later, is_part=True)
    yield Fact("Fees paid", money(results.fees), "part of the profit above")


def _drawdown(results: Results) -> Fact:
    worst = deepest(results.points)
    if worst is None:
        return Fact("Drawdown", NOT_KNOWN, "no equity was recorded")
    if not worst.drawdown_pct:
        return Fact("Drawdown", percent(worst.drawdown_pct), "equity was never below its peak")
    return Fact("Drawdown", percent(worst.drawdown_pct), f"at worst, {moment(worst.at_ns)}")


def _trades(made: TradeSummary) -> Iterator[Fact]:
    if not made.trades:
        yield Fact("Trades", "0", "closed")
        return
    before = f"{signed(made.gross)} before fees, {money(made.fees)} fees"
    won = f"closed, {percent(made.win_rate_pct)} of them won; {before}"
    yield Fact("Trades", f"{made.trades:,}", won)
    factor = NOT_KNOWN if made.profit_factor is None else f"{made.profit_factor:.2f}"
    yield Fact("average", signed(made.average), f"a trade; profit factor {factor}", is_part=True)
    costs = "of a trade's size in fees, both ways"
    yield Fact("costs", percent(made.cost_pct), costs, is_part=True)


def _sales(results: Results) -> Iterator[Fact]:
    """Say what selling cost beyond fees, and what being protected cost."""
    sales, stopped = results.sales, results.stopped
    if sales.sold:
        share = percent(-HUNDRED * sales.slipped / sales.sold, is_signed=True)
        against = f"{share} of what was sold, against the bid that made a sale due"
        yield Fact("Slippage", signed(-sales.slipped), against)
    if stopped.trades:
        trades = counted(stopped.trades, "trade")
        ended = f"{trades} ended at the stop; {signed(-sales.past_stop)} of it beyond the stop"
        yield Fact("Stops", signed(stopped.profit), ended)


def closed_trades(results: Results) -> Sheet:
    """Return the closed trades, the newest last; first what a narrow screen has to show."""
    rows = tuple(
        (
            moment(trip.closed_ns)[5:16],
            trip.product,
            signed(trip.profit),
            percent(trip.profit_pct, is_signed=True),
            price(trip.entry_price),
            price(trip.exit_price),
            span(trip.held_ns),
            ", ".join(SOLD_WHY.get(each.value, each.value) for each in trip.exits),
        )
        for trip in results.closed
    )
    columns = ("sold", "product", "profit", "%", "bought at", "sold at", "held", "why")
    return Sheet("Closed trades", columns, rows, frozenset({2, 3, 4, 5}))


def open_positions(results: Results) -> Sheet:
    """Return what is owned at the end, with what ends it."""
    rows = tuple(
        (
            moment(lot.opened_ns)[5:16],
            lot.product,
            quantity(lot.quantity),
            price(lot.paid / lot.quantity),
            money(lot.cost),
            price(lot.stop_price),
            price(lot.target_price),
            lot.strategy,
        )
        for lot in results.lots
    )
    columns = ("bought", "product", "quantity", "price", "cost", "stop", "target", "strategy")
    return Sheet("Open positions", columns, rows, frozenset({2, 3, 4, 5, 6}))


def strategies(results: Results) -> Sheet:
    """Return what each strategy has earned since the account was opened, and on which signals."""
    found = by_strategy(results.origins)
    rows: list[tuple[str, ...]] = []
    for each in found:
        rows.append((each.name or NO_STRATEGY, "", *_earned(each.total)))
        rows += (("", row.origin.signal or NO_SIGNAL, *_earned(row)) for row in each.signals)
    if len(found) > 1:
        rows.append(("all", "", *_earned(total(each.total for each in found))))
    columns = (
        *("strategy", "signal", "trips", "won"),
        *("fees", "realised", "unrealised", "open lots"),
    )
    title = "By strategy and signal, since the account opened"
    return Sheet(title, columns, tuple(rows), frozenset(range(2, 8)), is_whole=True)


def _earned(pnl: OriginPnl) -> tuple[str, ...]:
    return (
        f"{pnl.trips:,}",
        f"{pnl.won:,}",
        money(pnl.fees),
        signed(pnl.realised),
        signed(pnl.unrealised),
        f"{pnl.lots:,}",
    )


def refusals(results: Results) -> Sheet:
    """Return how often the risk gate said no, by the reason that came first."""
    counts = results.counts
    rows = [(f"{count:,}", "entry", why(Reason(code))) for code, count in counts.refused_entries]
    rows += [(f"{count:,}", "exit", why(Reason(code))) for code, count in counts.refused_exits]
    return Sheet("Refused by the risk gate", ("times", "of", "reason"), tuple(rows), frozenset({0}))


def foregone(results: Results) -> Sheet:
    """Return what refused entries would have come to by the end of their runs, rule by rule."""
    rows = tuple(
        (
            signed(each.profit),
            f"{each.closed:,}",
            f"{each.open:,}",
            f"{each.unfilled:,}",
            why(Reason(each.rule)),
        )
        for each in results.foregone
    )
    columns = ("profit", "sold", "open", "unfilled", "refused because")
    return Sheet("What was refused would have earned", columns, rows, frozenset(range(4)))
