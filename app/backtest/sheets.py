"""The tables of a tear sheet, in words and rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from actors.reporting.refusals import why
from app.backtest.analysis import Analysis
from app.backtest.outcome import BacktestOutcome
from app.results.tables import SOLD_WHY, Fact, Sheet
from domain.model.approval import Reason
from domain.model.figures import NOT_KNOWN, money, percent, signed, span
from domain.model.money import ONE
from domain.model.wording import counted
from domain.results.performance import TradeSummary
from domain.results.ratios import MonthReturn
from domain.results.round_trips import HUNDRED

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def first_facts(outcome: BacktestOutcome, found: Analysis) -> Iterator[Fact]:
    """Yield what is read first."""
    results, metrics = outcome.results, outcome.metrics
    profit = NOT_KNOWN if results.last is None else signed(results.last.pnl)
    quote = results.quote_currency
    yield Fact("Profit", percent(outcome.pnl_pct, is_signed=True), f"{profit} {quote} after fees")
    if outcome.kindest is not None:
        kind = percent(outcome.kindest.total_pnl_pct, is_signed=True)
        yield Fact("Kind fills", kind, "the same, candles read in our favour")
    yield Fact("Buy and hold", percent(outcome.held_pct, is_signed=True), "all in equal parts")
    yield Fact("Cash", percent(outcome.pnl_pct * 0, is_signed=True), "nothing done")
    longest = span(found.ratios.longest_ns)
    yield Fact("Drawdown", percent(metrics.max_drawdown_pct), f"at worst; longest {longest}")
    yield Fact("Sharpe", _ratio(found.ratios.sharpe), "of a year, by days")
    yield Fact("Trades", f"{results.summary.trades:,}", f"{len(results.lots)} lots open")
    yield Fact("Win rate", percent(metrics.win_rate), "after fees")
    yield Fact("Profit factor", _ratio(metrics.profit_factor), "won over lost")


def risk(outcome: BacktestOutcome, found: Analysis) -> Iterator[Fact]:
    """Yield what was earned for which risk, and how sure that is."""
    yearly, mean = found.ratios, found.mean
    growth = percent(yearly.growth_pct, is_signed=True)
    yield Fact("Growth of a year", growth, f"as {yearly.days} days make it; compound")
    yield Fact("Volatility", percent(yearly.volatility_pct), "of a year, by days")
    yield Fact("Sharpe", _ratio(yearly.sharpe), "mean over deviation of days, cash earns nothing")
    yield Fact("Sortino", _ratio(yearly.sortino), "mean over deviation of days below nothing")
    yield Fact("Calmar", _ratio(yearly.calmar), "growth of a year over the largest drawdown")
    ended = "until a new peak" if yearly.is_over else "not over at the end"
    yield Fact("Longest drawdown", span(yearly.longest_ns), ended)
    if mean is not None:
        between = f"a trade on average; 95 %: {signed(mean.low)} to {signed(mean.high)}"
        yield Fact("Mean profit", signed(mean.mean), f"{between}, by 2,000 draws of the trades")
        yield Fact("t", _ratio(found.t_statistic), "mean profit in standard errors")
    if outcome.trials > 1:
        tried = f"what the best of {outcome.trials:,} settings shows by luck alone"
        yield Fact("Sharpe by luck", _ratio(found.by_luck), tried)


def effort(outcome: BacktestOutcome, found: Analysis) -> Iterator[Fact]:
    """Yield what trading cost, and how much of the account was at work."""
    costs, turnover, whole = found.costs, found.turnover, outcome.exposure.whole
    sales = outcome.results.sales
    yield Fact("Fees", money(costs.fees), "of all fills; part of the profit")
    beyond = "what taking paid beyond the middle of the book; part of the profit"
    yield Fact("Spread", money(costs.spread), beyond)
    yield Fact("Slippage", money(sales.slipped), "of sales, against the bid decided on")
    yield Fact("Past the stop", money(sales.past_stop), "what sales at a stop lost beyond it")
    times = NOT_KNOWN if turnover.times is None else f"{turnover.times:.2f} ×"
    traded = f"bought {money(turnover.bought)}, sold {money(turnover.sold)}"
    yield Fact("Turnover", times, f"of the mean equity: {traded}")
    mean = percent(whole.total / outcome.minutes)
    yield Fact("At work", mean, f"of equity on average, {percent(whole.most)} at most")


def months(found: Iterable[MonthReturn]) -> Sheet:
    """Return what each month has brought, a row a year."""
    years: dict[str, dict[int, MonthReturn]] = {}
    for each in found:
        year, _, month = each.month.partition("-")
        years.setdefault(year, {})[int(month)] = each
    rows = []
    for year, by_month in years.items():
        whole = ONE
        for each in by_month.values():
            whole *= ONE + each.return_pct / HUNDRED
        cells = (
            percent(by_month[n].return_pct, is_signed=True) if n in by_month else ""
            for n in range(1, len(MONTHS) + 1)
        )
        rows.append((year, *cells, percent(HUNDRED * (whole - ONE), is_signed=True)))
    columns = ("year", *MONTHS, "all")
    return Sheet("Months", columns, tuple(rows), frozenset(range(1, 14)), is_whole=True)


def costs(found: Analysis) -> Sheet:
    """Return the result at other costs."""
    rows = tuple(
        (
            f"× {each.multiple.normalize():f}",
            money(each.costs),
            signed(each.profit),
            percent(each.profit_pct, is_signed=True),
        )
        for each in found.costs.cases
    )
    columns = ("costs", "paid", "profit", "%")
    return Sheet("If trading cost less or more", columns, rows, frozenset({1, 2, 3}), is_whole=True)


def costs_note(found: Analysis) -> str:
    """Return how other costs are reckoned, and what the trades could bear."""
    told = (
        "The same trades, with fees and spread scaled: no second backtest. With other costs the"
        " rule on costs would refuse other entries; what is open is valued as it was."
    )
    bearable = found.costs.bearable
    if bearable is None:
        return f"{told} Before all costs nothing was earned: no lower cost would help."
    return f"{told} Profit and loss meet at {bearable:.2f} times the costs."


def by_product(found: Analysis) -> Sheet:
    """Return what the closed trades of each product add up to."""
    return _grouped("By product", "product", found.by_product)


def by_exit(found: Analysis) -> Sheet:
    """Return what the closed trades add up to by what sold them."""
    rows = [(SOLD_WHY.get(code, code), made) for code, made in found.by_exit]
    return _grouped("By what sold it", "sold by", rows)


def _grouped(title: str, name: str, groups: Iterable[tuple[str, TradeSummary]]) -> Sheet:
    rows = tuple(
        (
            each,
            f"{made.trades:,}",
            signed(made.profit),
            percent(made.win_rate_pct),
            signed(made.gross),
            money(made.fees),
            signed(made.average),
            _ratio(made.profit_factor),
        )
        for each, made in groups
    )
    columns = (
        *(name, "trades", "profit", "won"),
        *("before fees", "fees", "a trade", "profit factor"),
    )
    return Sheet(title, columns, rows, frozenset(range(1, 8)), is_whole=True)


def refusals(outcome: BacktestOutcome, found: Analysis) -> Sheet:
    """Return how often each rule said no, and what that would have come to."""
    counts = outcome.results.counts
    followed = {each.rule: each for each in found.followed.rules}
    rows = []
    for code, count in counts.refused_entries:
        each = followed.get(code)
        profit, told = "", ("", "", "")
        if each is not None:
            profit = signed(each.profit)
            told = (f"{each.closed:,}", f"{each.open:,}", f"{each.unfilled:,}")
        rows.append((f"{count:,}", profit, why(Reason(code)), "entry", *told))
    rows += [
        (f"{count:,}", "", why(Reason(code)), "exit", "", "", "")
        for code, count in counts.refused_exits
    ]
    columns = ("times", "would have earned", "because", "of", "sold", "open", "unfilled")
    numbers = frozenset({0, 1, 4, 5, 6})
    return Sheet("Refused by the risk gate", columns, tuple(rows), numbers, is_whole=True)


def refusals_note(outcome: BacktestOutcome, found: Analysis) -> str:
    """Return what the counterfactual of a refusal is."""
    told = (
        "Each refused entry was followed as if it had been sent: bought where its price was"
        " offered, sold at stop, target or its longest hold, after fees, by itself. Above zero a"
        " rule has cost that, below zero it has saved it. The same wish refused again counts once."
    )
    left_out = found.followed.left_out + outcome.trail.refusals_left_out
    if not left_out:
        return told
    return f"{told} {counted(left_out, 'refusal')} too many were not followed."


def _ratio(value: Decimal | None) -> str:
    return NOT_KNOWN if value is None else f"{value:.2f}".replace("-", "\u2212")
