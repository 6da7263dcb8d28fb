"""The keys of the four files, with their defaults, units and hard limits: the only place.

Percentages are numbers of percent (3 is 3 %), never fractions. What a key with a hard limit
protects must not be loosened by configuration, only by changing this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from attrs import frozen

from config.fields import (
    ASSET,
    THEME,
    UUID,
    between,
    duration,
    entries,
    key,
    members,
    number,
    section,
    spelled,
)
from config.mode import Mode
from domain.model.instants import DAY, HOUR, MINUTE, Nanos

_ASSET = spelled(ASSET, "BTC")
_THEME = spelled(THEME, "LAYER1")


class QuoteCurrency(StrEnum):
    """The wallet that pays for entries; the two are separate at the venue."""

    USD = "USD"
    USDC = "USDC"


class LogLevel(StrEnum):
    """The least severe line that the console and the human log show."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _balances() -> Mapping[str, Decimal]:
    return MappingProxyType({"USD": Decimal(10_000)})


def _nothing() -> Mapping[str, Decimal]:
    return MappingProxyType({})


def _themes() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@frozen(kw_only=True)
class Paper:
    """The account of a new paper world."""

    balances: Mapping[str, Decimal] = key(
        _balances,
        "Opening balance per currency",
        unit="units of the currency",
        limits="each 0 .. 1000000000",
        check=entries(key=_ASSET, value=between(Decimal(0), Decimal(10**9))),
    )


@frozen(kw_only=True)
class AccountSection:
    """Which account of the venue is traded."""

    portfolio_uuid: str | None = key(
        None,
        "Portfolio that the key belongs to; null takes the key's default",
        limits="UUID or null",
        check=spelled(UUID, "0a1b2c3d-0000-4000-8000-000000000000"),
    )


@frozen(kw_only=True)
class LogSection:
    """What the logs show."""

    level: LogLevel = key(LogLevel.INFO, "Least severe line shown", limits=", ".join(LogLevel))


@frozen(kw_only=True)
class App:
    """The file `app.yaml`: how the program runs here. Not part of the policy hash."""

    mode: Mode = key(
        Mode.DRY_RUN,
        "Ceiling for --env; --set may only lower it",
        limits=" < ".join(Mode),
        tighter="lower",
    )
    quote: QuoteCurrency = key(
        QuoteCurrency.USD, "Currency that pays for entries", limits=", ".join(QuoteCurrency)
    )
    paper: Paper = section(Paper, "The account of a new paper world")
    account: AccountSection = section(AccountSection, "Which account of the venue is traded")
    log: LogSection = section(LogSection, "What the logs show")


@frozen(kw_only=True)
class Loop:
    """When decisions are made."""

    interval_seconds: int = number(60, "Market time between decisions", low=1, high=86400, unit="s")
    jitter_pct: Decimal = number(
        "10", "Random delay of a decision, of the interval", low="0", high="10", unit="%"
    )


@frozen(kw_only=True)
class Caps:
    """Most of the account that may be at risk, open orders at their worst case included."""

    total_pct: Decimal = number(
        "15", "All assets", low="0", high="15", unit="% of equity", tighter="lower", mandatory=True
    )
    position_pct: Decimal = number(
        "3", "One position", low="0", high="5", unit="% of equity", tighter="lower", mandatory=True
    )
    asset_pct: Decimal = number(
        "5",
        "One asset, over all products and strategies",
        low="0",
        high="5",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
    )


@frozen(kw_only=True)
class Capital:
    """How much of the account the system may use."""

    allotment: Decimal | None = number(
        None,
        "Quote currency it may use; null means all of it",
        low="0",
        high=None,
        unit="quote currency",
        tighter="lower",
        mandatory=True,
    )


@frozen(kw_only=True)
class Stops:
    """Losses of the whole account that halt trading until an operator resumes."""

    daily_pct: Decimal = number(
        "3",
        "Loss within 24 hours",
        low="0.1",
        high="3",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
    )
    weekly_pct: Decimal = number(
        "7",
        "Loss within 7 days",
        low="0.1",
        high="7",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
    )
    drawdown_pct: Decimal = number(
        "10",
        "Fall from the highest equity",
        low="0.1",
        high="10",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
    )


@frozen(kw_only=True)
class Execution:
    """How entries are worked at the venue."""

    ttl_seconds: int = number(45, "Life of a resting entry", low=5, high=3600, unit="s")
    entry_offset_bps: Decimal = number(
        "0",
        "How far below the best bid a buy rests; negative crosses up",
        low="-100",
        high="2000",
        unit="bps",
    )


@frozen(kw_only=True)
class Staleness:
    """Age of market data (market time) beyond which entries are blocked."""

    quote_seconds: Decimal = number(
        "5",
        "Newest confirmed quote",
        low="0.1",
        high="5",
        unit="s",
        tighter="lower",
        mandatory=True,
    )
    bar_seconds: Decimal = number(
        "90", "Last bar close", low="60", high="90", unit="s", tighter="lower", mandatory=True
    )


@frozen(kw_only=True)
class Cost:
    """What a trade must be able to earn."""

    min_reward_ratio: Decimal = number(
        "3",
        "Target distance over round-trip cost (fees of both legs and spread)",
        low="3",
        high="100",
        tighter="higher",
        mandatory=True,
    )


@frozen(kw_only=True)
class ExitsSection:
    """When a position is closed without stop or target."""

    max_hold: Nanos = duration(
        Nanos(24 * HOUR),
        "Longest time a lot is held",
        low=Nanos(MINUTE),
        high=Nanos(30 * DAY),
        tighter="lower",
    )


@frozen(kw_only=True)
class Supervision:
    """What happens when a part of the program fails."""

    paper_auto_resumes: int = number(
        1,
        "Times a paper run releases itself after a crash, once rebuilt and reconciled; live: never",
        low=0,
        high=1,
        tighter="lower",
    )
    memory_limit_mb: int = number(
        500,
        "Resident memory of the trader; from 80 % of it on entries are blocked",
        low=100,
        high=4096,
        unit="MiB",
        tighter="lower",
    )


@frozen(kw_only=True)
class Proposals:
    """What a proposal must look like to be judged at all."""

    min_stop_pct: Decimal = number(
        "0.5",
        "Nearest stop",
        low="0.1",
        high="50",
        unit="% of entry",
        tighter="higher",
        mandatory=True,
    )
    max_stop_pct: Decimal = number(
        "15",
        "Farthest stop",
        low="0.1",
        high="25",
        unit="% of entry",
        tighter="lower",
        mandatory=True,
    )
    min_target_pct: Decimal = number(
        "1",
        "Nearest target",
        low="0.1",
        high="100",
        unit="% of entry",
        tighter="higher",
        mandatory=True,
    )
    max_target_pct: Decimal = number(
        "40",
        "Farthest target",
        low="0.1",
        high="100",
        unit="% of entry",
        tighter="lower",
        mandatory=True,
    )
    min_conviction: Decimal = number(
        "0.3", "Least conviction", low="0", high="1", tighter="higher", mandatory=True
    )
    max_notional_pct: Decimal = number(
        "3",
        "Largest size asked for",
        low="0",
        high="5",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
    )


@frozen(kw_only=True)
class Policy:
    """The file `policy.yaml`: the rules that bound every trade."""

    loop: Loop = section(Loop, "When decisions are made")
    caps: Caps = section(Caps, "Most of the account that may be at risk")
    max_per_theme_pct: Mapping[str, Decimal] = key(
        _nothing,
        "Cap per theme; names the themes of universe.yaml, each of them",
        unit="% of equity",
        limits="each 0 .. 10",
        check=entries(key=_THEME, value=between(Decimal(0), Decimal(10))),
        tighter="lower",
        mandatory=True,
    )
    max_per_asset_pct: Mapping[str, Decimal] = key(
        _nothing,
        "Cap of single assets, tighter than caps.asset_pct",
        unit="% of equity",
        limits="each 0 .. 5",
        check=entries(key=_ASSET, value=between(Decimal(0), Decimal(5))),
        tighter="lower",
    )
    capital: Capital = section(Capital, "How much of the account the system may use")
    max_order_usd: Decimal = number(
        "1000",
        "Largest single entry",
        low="1",
        high="100000",
        unit="USD",
        tighter="lower",
        mandatory=True,
    )
    max_daily_loss_usd: Decimal = number(
        "300",
        "Loss within 24 hours that halts trading",
        low="1",
        high="100000",
        unit="USD",
        tighter="lower",
        mandatory=True,
    )
    stops: Stops = section(Stops, "Losses that halt trading until an operator resumes")
    execution: Execution = section(Execution, "How entries are worked at the venue")
    staleness: Staleness = section(Staleness, "Age of market data beyond which entries wait")
    cost: Cost = section(Cost, "What a trade must be able to earn")
    exits: ExitsSection = section(ExitsSection, "When a position is closed without stop or target")
    supervision: Supervision = section(Supervision, "What happens when a part fails")
    proposals: Proposals = section(Proposals, "What a proposal must look like")


@frozen(kw_only=True)
class Universe:
    """The file `universe.yaml`: what may be traded, and what belongs together."""

    themes: Mapping[str, tuple[str, ...]] = key(
        _themes,
        "Assets that tend to move together; each theme needs a cap in policy.yaml",
        limits="lists of assets",
        check=entries(key=_THEME, value=members(_ASSET)),
    )
    never_trade: tuple[str, ...] = key(
        tuple, "Assets that are never bought", limits="list of assets", check=members(_ASSET)
    )
