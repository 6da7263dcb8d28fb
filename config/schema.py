"""The keys of the files that neither a rule nor a strategy owns, with their hard limits.

Percentages are numbers of percent (3 is 3 %), never fractions. What a key with a hard limit
protects must not be loosened by configuration, only by changing this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from config.mode import Mode
from domain.model.bounds import (
    A_THEME,
    AN_ASSET,
    TIME_SERVER,
    UUID,
    Flaw,
    Invalid,
    between,
    entries,
    members,
    spelled,
)
from domain.model.breakers import Severity
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.settings import duration, number, setting
from domain.system.courier_alerts import of_day_ns
from domain.universe.limits import Stability, TierLimits, shipped_tiers
from domain.universe.regime import RegimeLimits

TIERS_MAX = 9
TIME_SERVERS_MAX = 8


def section(kind: type, doc: str) -> Any:
    """Declare a mapping with keys of its own."""
    return field(factory=kind, metadata={"doc": doc, "section": True})


class QuoteCurrency(StrEnum):
    """The wallet that pays for entries; the two are separate at the venue."""

    USD = "USD"
    USDC = "USDC"


class PreviewWhen(StrEnum):
    """In which mode an entry is previewed; exits never are."""

    NEVER = "never"
    LIVE = "live"
    ALWAYS = "always"


class LogLevel(StrEnum):
    """The least severe line that the console and the human log show."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _balances() -> Mapping[str, Decimal]:
    return MappingProxyType({"USD": Decimal(10_000)})


def _themes() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@frozen(kw_only=True)
class Paper:
    """The account of a new paper world."""

    balances: Mapping[str, Decimal] = setting(
        _balances,
        "Opening balance per currency",
        unit="units of the currency",
        limits="each 0 .. 1000000000",
        check=entries(key=AN_ASSET, value=between(Decimal(0), Decimal(10**9))),
    )


@frozen(kw_only=True)
class AccountSection:
    """Which account of the venue is traded."""

    portfolio_uuid: str | None = setting(
        None,
        "Portfolio that the key belongs to; null takes the key's default",
        limits="UUID or null",
        check=spelled(UUID, "0a1b2c3d-0000-4000-8000-000000000000"),
    )


@frozen(kw_only=True)
class LogSection:
    """What the logs show."""

    level: LogLevel = setting(LogLevel.INFO, "Least severe line shown", limits=", ".join(LogLevel))


def _time_servers(servers: Sequence[str]) -> None:
    members(spelled(TIME_SERVER, "pool.ntp.org or 192.0.2.1:123"))(servers)
    if len(servers) > TIME_SERVERS_MAX:
        raise Invalid(Flaw((), f"expected at most {TIME_SERVERS_MAX}, was {len(servers)}"))


@frozen(kw_only=True)
class TimeSection:
    """Who tells what time it is."""

    ntp_servers: tuple[str, ...] = setting(
        ("pool.ntp.org", "time.apple.com", "time.google.com", "time.cloudflare.com"),
        "Servers of time by NTP; with none the venue's time counts alone",
        limits=f"each HOST or HOST:PORT, at most {TIME_SERVERS_MAX}",
        check=_time_servers,
    )


def _hidden_path(path: str | None) -> None:
    """Refuse what is no path, without showing it: it may be a URL that was put in its place."""
    if path is not None and not path.startswith(("/", "~/")):
        raise Invalid(Flaw((), "expected the absolute path of a file outside of the checkout"))


def _time_of_day(text: str) -> None:
    try:
        of_day_ns(text)
    except ValueError as error:
        raise Invalid(Flaw((), str(error))) from None


@frozen(kw_only=True)
class AlertsSection:
    """Which alerts go out, and where the addresses are that must not stand here."""

    min_severity: Severity = setting(
        Severity.WARNING, "Least severe alert that is sent", limits=", ".join(Severity)
    )
    sign_of_life: str = setting(
        "08:00",
        "Time of day (UTC) of the daily word that it lives, sent where alerts are; empty for none",
        limits="HH:MM or empty",
        check=_time_of_day,
    )
    urls_file: str | None = setting(
        None,
        "File of mode 0600 with alert URLs, and a line `heartbeat URL`; beside BULKHEAD_ALERT_URLS",
        limits="absolute path outside of the checkout, or null",
        check=_hidden_path,
    )


@frozen(kw_only=True)
class MetricsSection:
    """What is served to Prometheus, on this machine only."""

    port: int | None = number(
        None,
        "Port on 127.0.0.1 at which metrics are served; 0 for any free one, null for none",
        low=0,
        high=65535,
    )


@frozen(kw_only=True)
class StrategiesSection:
    """Where strategies of one's own are."""

    folder: str = setting(
        "strategies", "Folder of one's own strategies, from the checkout; need not exist"
    )


@frozen(kw_only=True)
class App:
    """The file `app.yaml`: how the program runs here. Not part of the policy hash."""

    mode: Mode = setting(
        Mode.DRY_RUN,
        "Ceiling for --env; --set may only lower it",
        limits=" < ".join(Mode),
        tighter="lower",
    )
    quote: QuoteCurrency = setting(
        QuoteCurrency.USD, "Currency that pays for entries", limits=", ".join(QuoteCurrency)
    )
    paper: Paper = section(Paper, "The account of a new paper world")
    account: AccountSection = section(AccountSection, "Which account of the venue is traded")
    time: TimeSection = section(TimeSection, "Who tells what time it is")
    alerts: AlertsSection = section(AlertsSection, "Who is told of alerts")
    strategies: StrategiesSection = section(StrategiesSection, "Where strategies of one's own are")
    log: LogSection = section(LogSection, "What the logs show")
    metrics: MetricsSection = section(MetricsSection, "What is served to Prometheus")


@frozen(kw_only=True)
class Loop:
    """When decisions are made."""

    interval_seconds: int = number(60, "Market time between decisions", low=1, high=86400, unit="s")
    jitter_pct: Decimal = number(
        "10", "Random delay of a decision, of the interval", low="0", high="10", unit="%"
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
    max_reprices: int = number(
        2,
        "Times an entry that the market has left is placed anew at the price of then; 0: it rests",
        low=0,
        high=10,
        tighter="lower",
    )
    reprice_after_bps: Decimal = number(
        "5",
        "How much higher an entry would rest now than it does, to count as left",
        low="0",
        high="500",
        unit="bps",
    )
    reprice_after_seconds: int = number(
        5, "How long it has to be left before it is placed anew", low=1, high=600, unit="s"
    )
    preview: PreviewWhen = setting(
        PreviewWhen.LIVE,
        "When the venue is asked what it would do with an entry before it leaves",
        limits=", ".join(PreviewWhen),
    )
    taker_fallback: bool = setting(
        False,
        "Whether what is left of an entry at the end of its life is bought at once, as taker",
        limits="true, false",
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
    venue_stops: bool = setting(
        True,
        "Whether a stop order at the venue protects each lot, also while this process is down",
        limits="true, false",
        tighter="higher",
    )
    trailing_stop_pct: Decimal = number(
        "0",
        "How far below the best bid a lot's stop follows the market up; 0: it stays where it is",
        low="0",
        high="50",
        unit="%",
    )


@frozen(kw_only=True)
class ClockSection:
    """How wrong this machine's clock may be while it trades at live prices."""

    max_drift_ms: int = number(
        150,
        "Entries are blocked from this drift on, by NTP and the venue's time",
        low=10,
        high=150,
        unit="ms",
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


def _some_tiers(tiers: Mapping[str, object]) -> None:
    entries(key=A_THEME)(tiers)
    if not 1 <= len(tiers) <= TIERS_MAX:
        raise Invalid(Flaw((), f"expected 1 to {TIERS_MAX} tiers, was {len(tiers)}"))


@frozen(kw_only=True)
class Universe:
    """The file `universe.yaml`: what may be traded, and what belongs together."""

    themes: Mapping[str, tuple[str, ...]] = setting(
        _themes,
        "Assets that tend to move together; each theme needs a cap in policy.yaml",
        limits="lists of assets",
        check=entries(key=A_THEME, value=members(AN_ASSET)),
        tighter="more",
    )
    never_trade: tuple[str, ...] = setting(
        tuple,
        "Assets that are never bought",
        limits="list of assets",
        check=members(AN_ASSET),
        tighter="more",
    )
    tiers: Mapping[str, TierLimits] = setting(
        shipped_tiers,
        "By name: what a product must show to be bought, and the caps of what is in the tier",
        limits="1 to 9 tiers",
        check=_some_tiers,
    )
    stability: Stability = section(Stability, "How slowly products change their tier")
    regime: RegimeLimits = section(RegimeLimits, "What the whole market counts as")
