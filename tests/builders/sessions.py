"""Sessions as values: trades of a run and of its replay, and what both said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start
from domain.model.product import Side
from domain.replay.comparison import Earned, ReplayComparison, compared
from domain.replay.hindrances import Hindrance, Hindrances
from domain.replay.pricing import earned
from domain.replay.session import (
    DecisionKey,
    EntryVerdict,
    ExitVerdict,
    PlayedFill,
    PlayedSession,
    PlayedTrip,
)
from tests.builders.messages import BTC, NOW

BEGUN = bucket_start(NOW, MINUTE)
END = Nanos(BEGUN + 60 * MINUTE)
WORTH = {BTC: Decimal(99)}


def a_key(minute: int = 0, **changes: Any) -> DecisionKey:
    """Return the key of a decision in the minute of that number."""
    values = {"strategy": "breakout", "product": BTC, **changes}
    return DecisionKey(bar_ns=Nanos(BEGUN + (minute - 1) * MINUTE), **values)


def an_execution(side: Side = Side.BUY, price: str = "100", **changes: Any) -> PlayedFill:
    """Return a fill of 2 that was decided by its own price, unless told otherwise."""
    at_ns = changes.get("at_ns", Nanos(BEGUN + 5 * SECOND))
    values: dict[str, Any] = {
        "at_ns": at_ns,
        "quantity": Decimal(2),
        "fee": Decimal("1.2"),
        "decided": Decimal(changes.get("price", price)),
        "decided_ns": at_ns,
        "waits": side is Side.BUY,
    }
    return PlayedFill(side=side, **{"price": Decimal(price), **values, **changes})


def a_trip(minute: int = 0, *fills: PlayedFill, **changes: Any) -> PlayedTrip:
    """Return a trade of 2 that was decided in that minute."""
    values: dict[str, Any] = {
        "key": a_key(minute),
        "lot": f"lot-{minute}",
        "at_ns": Nanos(BEGUN + minute * MINUTE + 2 * SECOND),
        "quantity": Decimal(2),
        "buys": tuple(each for each in fills if each.side is Side.BUY),
        "sales": tuple(each for each in fills if each.side is Side.SELL),
        "stop": Decimal(97),
    }
    return PlayedTrip(**{**values, **changes})


def a_verdict(minute: int = 0, reason: str = "", **changes: Any) -> EntryVerdict:
    """Return an approval of that minute, or a refusal."""
    at_ns = Nanos(BEGUN + minute * MINUTE + 2 * SECOND)
    return EntryVerdict(key=a_key(minute, **changes), at_ns=at_ns, reason=reason)


def rounds_at(*minutes: int) -> dict[Nanos, Nanos]:
    """Return that a decision was made two seconds after these minutes began."""
    begun = (Nanos(BEGUN + each * MINUTE) for each in minutes)
    return {each: Nanos(each + 2 * SECOND) for each in begun}


def a_session(*trips: PlayedTrip, **changes: Any) -> PlayedSession:
    """Return a session of these trades, each of which was approved; rounds in every minute."""
    approvals = [EntryVerdict(key=each.key, at_ns=each.at_ns) for each in trips]
    values: dict[str, Any] = {
        "verdicts": tuple(approvals),
        "exits": (),
        "rounds": rounds_at(*range(-60, 60)),
    }
    return PlayedSession(trips=trips, **{**values, **changes})


def an_exit_of(trip: PlayedTrip, reason: Any, purpose: Any, minute: int = 1) -> ExitVerdict:
    """Return that a lot became due in that minute."""
    at_ns = Nanos(BEGUN + minute * MINUTE)
    return ExitVerdict(lot=trip.lot, reason=reason, purpose=purpose, at_ns=at_ns)


def profit(session: PlayedSession) -> Decimal:
    """Return what all fills of a session have earned."""
    return sum(
        (
            earned(trip.key.product, one, WORTH)
            for trip in session.trips
            for one in (*trip.buys, *trip.sales)
        ),
        Decimal(0),
    )


def of_both(
    run: PlayedSession,
    replay: PlayedSession,
    *held: Hindrance,
    told: Decimal | None = None,
    **changes: Any,
) -> ReplayComparison:
    """Compare two sessions; the run recorded what its fills come to, unless it `told` another."""
    known = profit(run)
    money = Earned(
        told=known if told is None else told,
        run=known,
        replay=profit(replay),
        coins=Decimal(0),
        bound=Decimal("0.01"),
    )
    values: dict[str, Any] = {"worth": WORTH, "touch": lambda *_: None, "end_ns": END, **changes}
    return compared(run, replay, Hindrances(held=held), earned=money, **values)
