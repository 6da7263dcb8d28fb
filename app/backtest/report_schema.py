"""What a backtest's report looks like, member by member; docs/backtest-report.schema.json is made
of it. `SCHEMA` is raised where a member changes its meaning or goes; a new one changes nothing.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

SCHEMA = 1
ID = "backtest-report.schema.json"

Number = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="a decimal as text")]
Count = Annotated[int, Meta(ge=0)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{16}$", description="what tells it from any other")]
_RFC_3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$"
Time = Annotated[str, Meta(pattern=_RFC_3339, description="RFC 3339, UTC, market time")]


class _Member(Struct, forbid_unknown_fields=True, kw_only=True):
    """An object of the report: all its members and no others."""


class ConfigTold(_Member):
    """Hashes of what was configured."""

    hash: str
    policy: str


class MetricsTold(_Member):
    """What reports are compared by; null where there is nothing to divide by."""

    total_trades: Number
    win_rate: Number | None
    total_pnl_pct: Number
    max_drawdown_pct: Number
    profit_factor: Number | None


class TradesTold(_Member):
    """What closed trades add up to; rates in percent, money in quote currency."""

    total_trades: Count
    wins: Count
    win_rate: Number | None
    profit_before_fees: Number
    fees: Number
    profit: Number
    profit_factor: Number | None
    average: Number | None
    cost_pct: Number | None


class SlippageTold(_Member):
    """Of sales, in quote currency: what they brought, and what was lost on the way."""

    sold: Number
    against_bid: Number
    past_stop: Number


class ClosedTradeTold(_Member):
    """A lot of which nothing is left."""

    lot: str
    product: str
    strategy: str
    opened: Time
    closed: Time
    held_seconds: Count
    quantity: Number
    entry_price: Number
    exit_price: Number
    stop: Number
    target: Number | None
    profit_before_fees: Number
    fees: Number
    profit: Number
    profit_pct: Number | None
    exits: list[str]
    why: str
    signal: str


class OpenLotTold(_Member):
    """A lot that is owned at the end."""

    lot: str
    product: str
    strategy: str
    signal: str
    quantity: Number
    cost: Number
    entry_price: Number
    stop: Number
    target: Number | None
    opened: Time


class CountsTold(_Member):
    """How often things happened; refusals by the code of the rule that was named first."""

    runs: Count
    cycles: Count
    approved: Count
    orders: Count
    fills: Count
    would_place: Count
    refused_entries: dict[str, Count]
    refused_exits: dict[str, Count]


class ShareTold(_Member):
    """What was at work, in percent of equity."""

    mean_pct: Number
    most_pct: Number


class ExposureTold(_Member):
    """At market value, over all minutes."""

    all: ShareTold
    assets: dict[str, ShareTold]
    themes: dict[str, ShareTold]


class CurvePointTold(_Member):
    """Equity at the last valuation of an hour."""

    at: Time
    equity: Number
    drawdown_pct: Number


class HaltTold(_Member):
    """A limit that halted trading."""

    name: str
    at: Time
    reason: str


class StatisticsTold(_Member):
    """Ratios by days of 24 h and years of 365 days; null where they are not defined, or the time
    is too short. The mean profit is of a closed trade after fees; low and high hold 95 % of what
    was drawn from the trades.
    """

    days: Count
    growth_pct: Number | None
    volatility_pct: Number | None
    sharpe: Number | None
    sortino: Number | None
    calmar: Number | None
    longest_drawdown_seconds: Count
    longest_drawdown_is_over: bool
    mean_profit: Number | None
    mean_profit_low: Number | None
    mean_profit_high: Number | None
    t_statistic: Number | None
    trials: Annotated[int, Meta(ge=1)]
    sharpe_by_luck: Number | None


class MonthTold(_Member):
    """What a calendar month (UTC) has brought, in percent of its beginning."""

    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    return_pct: Number


class SignalPnlTold(_Member):
    """What a signal has earned, in quote currency; `unrealised` null: a price is missing."""

    signal: str
    trips: Count
    won: Count
    fees: Number
    realised: Number
    unrealised: Number | None
    lots: Count


class StrategyPnlTold(_Member):
    """What a strategy has earned, and each of its signals."""

    strategy: str
    trips: Count
    won: Count
    fees: Number
    realised: Number
    unrealised: Number | None
    lots: Count
    signals: list[SignalPnlTold]


class CostCaseTold(_Member):
    """The result of the same trades at a multiple of all costs."""

    multiple: Number
    costs: Number
    pnl_net: Number
    pnl_pct: Number


class CostsTold(_Member):
    """What trading cost, and would have cost; `spread` null: a fill had no book to compare with."""

    method: Annotated[str, Meta(description="repriced: the same trades at other costs")]
    fees: Number
    spread: Number | None
    cases: list[CostCaseTold]
    bearable_multiple: Number | None


class TurnoverTold(_Member):
    """What was bought and sold; `times_equity` is half of both over the mean equity."""

    bought: Number
    sold: Number
    times_equity: Number | None


class ForegoneTold(_Member):
    """What the entries that a rule refused would have come to by the end, after fees."""

    rule: str
    closed: Count
    earned: Number
    open: Count
    unrealised: Number
    unfilled: Count
    profit: Number


class AtWorkTold(_Member):
    """What of the equity was at work at the last valuation of the hour that begins at `at`."""

    at: Time
    all_pct: Number
    assets: dict[str, Number]
    themes: dict[str, Number]


class HeldPointTold(_Member):
    """What buying all products in equal parts and holding them has brought by then, after fees."""

    at: Time
    return_pct: Number


class Report(_Member):
    """The report of `python run.py backtest --report FILE`; `kindest` is `metrics` had each candle
    been read the kindest way, null where a tape decides.
    """

    schema: Annotated[int, Meta(ge=SCHEMA, le=SCHEMA)]
    market: str
    products: list[str]
    begin: Time = msgspec.field(name="from")
    to: Time
    config: ConfigTold
    seed: Count
    fills: Annotated[str, Meta(pattern="^(tape|bar)$")]
    quote_currency: str
    opening: dict[str, Number]
    metrics: MetricsTold
    kindest: MetricsTold | None
    equity: Number | None
    pnl_net: Number | None
    realised: Number
    unrealised: Number | None
    fees: Number
    buy_and_hold_pct: Number | None
    trades: TradesTold
    strategies: dict[str, TradesTold]
    slippage: SlippageTold
    closed: list[ClosedTradeTold]
    open: list[OpenLotTold]
    counts: CountsTold
    exposure: ExposureTold
    curve: list[CurvePointTold]
    halts: list[HaltTold]
    assumptions: list[str]
    warnings: list[str]
    statistics: StatisticsTold
    months: list[MonthTold]
    pnl_by_strategy: list[StrategyPnlTold]
    by_product: dict[str, TradesTold]
    by_exit: dict[str, TradesTold]
    costs: CostsTold
    turnover: TurnoverTold
    foregone: list[ForegoneTold]
    foregone_left_out: Count
    exposure_curve: list[AtWorkTold]
    buy_and_hold_curve: list[HeldPointTold]
    order_hashes: dict[str, Hash]


def checked(document: Any) -> Report:
    """Return a report that a file holds.

    Raises:
        msgspec.ValidationError: it is none; the text names the member.
    """
    return msgspec.convert(document, Report, strict=True)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of reports."""
    made = msgspec.json.schema(Report)
    for each in made["$defs"].values():
        each["description"] = re.sub(r"\s+", " ", each["description"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Report of a Bulkhead backtest",
        **made,
    }
