"""The most that a configuration can lose within a minute, an hour and a day, and why no more.

An upper bound from the mechanism alone, whatever strategies ask for: caps, decisions, stops, limits
on losses and fees. It counts from what lots cost: what they had gained before may be given back
beside it.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from attrs import frozen

from domain.model.figures import money, span
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.money import ONE, Amount, Rate, plain

HUNDRED, CENT = Decimal(100), Decimal("0.01")
GAP_PCT = Decimal(50)
"""How far a price is taken to fall between a stop and the sale that it asks for."""
WINDOWS = (("minute", MINUTE), ("hour", HOUR), ("day", DAY))


@frozen(kw_only=True)
class LossMechanism:
    """What bounds a loss: amounts in quote currency at equity `nlv`, `taker` a fraction.

    An entry costs at most `order_cap`, everything at risk at most `at_risk_cap`, fees included. A
    loss of `daily_loss` halts. Stops are at most `max_stop_pct` below an entry. Decisions are
    `interval_ns` of market time apart, each leads to at most `trades_per_round` entries; None: no
    limit of that kind.
    """

    nlv: Amount
    order_cap: Amount
    at_risk_cap: Amount
    daily_loss: Amount
    max_stop_pct: Decimal
    taker: Rate
    interval_ns: Nanos
    trades_per_round: int
    trades_per_hour: int | None = None
    trades_per_day: int | None = None
    gap_pct: Decimal = GAP_PCT

    @property
    def worst_share(self) -> Decimal:
        """Return what of its cost a lot loses at most: stop, gap behind it, fees of both legs."""
        left = (ONE - self.max_stop_pct / HUNDRED) * (ONE - self.gap_pct / HUNDRED)
        return ONE - left * (ONE - self.taker) / (ONE + self.taker)

    def entries_within(self, window_ns: Nanos) -> int:
        """Return how many entries may be approved within any window of that length and filled.

        One that nobody fills loses nothing, and counts toward no limit on trades.
        """
        rounds = -(-window_ns // self.interval_ns) + 1  # one at each end
        most = rounds * self.trades_per_round
        for limit, each_ns in ((self.trades_per_hour, HOUR), (self.trades_per_day, DAY)):
            if limit is not None:
                most = min(most, limit * -(-window_ns // each_ns))
        return most


@frozen(kw_only=True)
class WindowLoss:
    """The most that is lost within one window, in quote currency, with its derivation."""

    window: str
    most: Amount
    why: str


@frozen(kw_only=True)
class BlastRadius:
    """The bounds of all windows, the one without any exit, and what they take for granted."""

    windows: tuple[WindowLoss, ...]
    to_zero: Amount
    assumptions: tuple[str, ...]


def blast_radius(mechanism: LossMechanism, currency: str) -> BlastRadius:
    """Return the most that can be lost by `mechanism`, told in `currency`."""
    windows = tuple(_within(mechanism, name, Nanos(length), currency) for name, length in WINDOWS)
    to_zero = min(mechanism.nlv, mechanism.daily_loss + mechanism.at_risk_cap)
    return BlastRadius(
        windows=windows,
        to_zero=Amount(to_zero),
        assumptions=_assumptions(mechanism, currency),
    )


def _within(mechanism: LossMechanism, name: str, length_ns: Nanos, currency: str) -> WindowLoss:
    share, entries = mechanism.worst_share, mechanism.entries_within(length_ns)
    held, percent = mechanism.at_risk_cap, f"{share * HUNDRED:.2f} %"
    bounds: tuple[tuple[Decimal, str], ...] = (
        (
            share * (held + entries * mechanism.order_cap),
            f"{percent} of {money(held)} at risk before, and of {entries} entries of"
            f" {money(mechanism.order_cap)}",
        ),
        (
            mechanism.daily_loss + share * held,
            f"{money(mechanism.daily_loss)} until the loss limit halts, then {percent} of the"
            f" {money(held)} that may be at risk",
        ),
        (mechanism.nlv, "all of it: nothing is borrowed"),
    )
    least, why = min(bounds)
    most = Amount(least.quantize(CENT, ROUND_CEILING))
    return WindowLoss(window=name, most=most, why=f"{money(most)} {currency}: {why}")


def _assumptions(mechanism: LossMechanism, currency: str) -> tuple[str, ...]:
    stop, gap, fee = mechanism.max_stop_pct, mechanism.gap_pct, mechanism.taker * HUNDRED
    decided = span(mechanism.interval_ns)
    return (
        f"a lot loses at most {mechanism.worst_share * HUNDRED:.2f} % of what it cost: its stop is"
        f" at most {plain(stop)} % below its entry, the price then gaps by at most {plain(gap)} %"
        f" before it is sold, and both legs pay the taker fee of {plain(fee)} %",
        f"every {decided} at most {mechanism.trades_per_round} entries are approved; an entry costs"
        f" at most {money(mechanism.order_cap)}, all of them together"
        f" {money(mechanism.at_risk_cap)} {currency}",
        f"at a loss of {money(mechanism.daily_loss)} {currency} in a day nothing more is bought"
        " until a person says `resume`",
        "it counts from what lots cost: a profit made before may be given back beside it, down to"
        " the limit on the drawdown",
    )
