"""What a person orders about the universe: bans of assets, and the regime that shall count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve, frozen

from domain.messages.universe import AssetBanned, BanCleared, RegimeCleared, RegimeSet
from domain.model.bounds import ASSET
from domain.model.context import Regime
from domain.model.errors import TradingError
from domain.model.figures import moment
from domain.model.instants import HOUR, Nanos

BAN, UNBAN, SET_REGIME, CLEAR_REGIME = "ban", "unban", "set_regime", "clear_regime"
VERBS = (BAN, UNBAN, SET_REGIME, CLEAR_REGIME)
BAN_HOURS, BAN_HOURS_MAX = 168, 8_760
REGIME_HOURS, REGIME_HOURS_MAX = 24, 168
Deed = AssetBanned | BanCleared | RegimeSet | RegimeCleared


class OrderInvalid(TradingError):
    """A person's order that can't be carried out; the text says why."""


@frozen
class StandingOrders:
    """What persons have said and not taken back; what has run out is left out by the readers."""

    bans: tuple[AssetBanned, ...] = ()
    regime: RegimeSet | None = None

    def apply(self, deed: Any) -> StandingOrders:
        """Return the orders after `deed`; these very ones if it is none."""
        match deed:
            case AssetBanned(asset=asset):
                others = tuple(each for each in self.bans if each.asset != asset)
                return evolve(self, bans=(*others, deed))
            case BanCleared(asset=asset):
                return evolve(self, bans=tuple(e for e in self.bans if e.asset != asset))
            case RegimeSet():
                return evolve(self, regime=deed)
            case RegimeCleared():
                return evolve(self, regime=None)
            case _:
                return self

    def at(self, now_ns: Nanos) -> StandingOrders:
        """Return those that have not run out."""
        regime = self.regime
        is_over = regime is None or regime.until_ns <= now_ns
        kept = tuple(each for each in self.bans if each.until_ns > now_ns)
        return StandingOrders(kept, None if is_over else regime)

    def ban(self, asset: str) -> str | None:
        """Return in words until when and why `asset` is banned, None if it is not."""
        found = next((each for each in self.bans if each.asset == asset), None)
        return None if found is None else f"until {moment(found.until_ns)}: {found.reason}"


def deed_of(verb: str, subject: str, reason: str, hours: int, now_ns: Nanos) -> Deed:
    """Return what an order does; `hours` of 0 means as long as usual.

    Raises:
        OrderInvalid: the subject is no asset, product or regime, or the hours are too many.
    """
    make: dict[str, Callable[[], Deed]] = {
        BAN: lambda: AssetBanned(
            asset_of(subject), reason, _until(now_ns, hours or BAN_HOURS, BAN_HOURS_MAX)
        ),
        UNBAN: lambda: BanCleared(asset_of(subject), reason),
        SET_REGIME: lambda: RegimeSet(
            _regime_of(subject), reason, _until(now_ns, hours or REGIME_HOURS, REGIME_HOURS_MAX)
        ),
        CLEAR_REGIME: lambda: RegimeCleared(reason),
    }
    if verb not in make:
        raise OrderInvalid(f"unknown request {verb!r}")
    return make[verb]()


def told(deed: Deed) -> str:
    """Return what a person is told once a deed is on record."""
    match deed:
        case AssetBanned(asset, _, until_ns):
            return (
                f"{asset} is banned until {moment(until_ns)}, market time: nothing of it is bought;"
                " what is owned stays with its stop, an entry that rests until it fills or expires"
            )
        case BanCleared(asset):
            return f"{asset} is not banned any more"
        case RegimeSet(regime, _, until_ns):
            blocks = " no entries, exits run" if regime is Regime.CRASH else ""
            times = f"sizes times {regime.multiplier}{';' + blocks if blocks else ''}"
            return f"the regime is {regime} until {moment(until_ns)}, market time: {times}"
        case RegimeCleared():
            return "the regime is the detected one again"


def asset_of(subject: str) -> str:
    """Return the asset that a product (BTC-USD) or its own name (BTC) means.

    Raises:
        OrderInvalid: it is neither.
    """
    asset = subject.strip().upper().partition("-")[0]
    if not ASSET.fullmatch(asset):
        raise OrderInvalid(
            f"expected a product like PUMP-USD or an asset like PUMP, was {subject!r}"
        )
    return asset


def _regime_of(subject: str) -> Regime:
    try:
        return Regime(subject.strip().lower())
    except ValueError:
        known = ", ".join(Regime)
        raise OrderInvalid(f"expected one of {known}, was {subject!r}") from None


def _until(now_ns: Nanos, hours: int, most: int) -> Nanos:
    if not 1 <= hours <= most:
        raise OrderInvalid(f"expected 1 to {most} hours, was {hours}")
    return Nanos(now_ns + hours * HOUR)
