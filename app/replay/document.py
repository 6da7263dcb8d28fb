"""What a replay has shown, as one JSON document; docs/replay.md says what each member is."""

from __future__ import annotations

from typing import Any

from app.replay.plan import ReplayPlan
from domain.model.instants import iso
from domain.model.money import plain
from domain.replay.comparison import ReplayComparison
from domain.replay.parts import Cause
from domain.replay.session import DecisionKey, EntryVerdict, PlayedTrip

SCHEMA = 1


def document(plan: ReplayPlan, found: ReplayComparison) -> dict[str, Any]:
    """Return everything; amounts are exact, as texts."""
    earned = found.earned
    return {
        "schema": SCHEMA,
        **_played(plan),
        "agrees": found.agrees,
        "is_explained": found.is_explained,
        "verdicts": _verdicts(found),
        "exits": _exits(found),
        "trades": [
            {**_key(pair.trip.key), "run": _trip(pair.run), "replay": _trip(pair.replay)}
            for pair in found.pairs
        ],
        "pnl": {
            "run": plain(earned.told),
            "replay": plain(earned.replay),
            "difference": plain(found.difference),
        },
        "parts": {part.value: plain(amount) for part, amount in found.parts.items()},
        "residual": plain(found.residual),
        "bound": plain(earned.bound),
        "pieces": [
            {
                "product": each.product,
                "at": iso(each.at_ns),
                "amount": plain(each.amount),
                **_cause(each.cause),
            }
            for each in found.pieces
        ],
        "deeds": [{"at": iso(at_ns), "told": told} for at_ns, told in found.hindrances.deeds],
        "remarks": list(plan.remarks),
    }


def _played(plan: ReplayPlan) -> dict[str, Any]:
    run = plan.run
    return {
        "run": run.number,
        "runs": run.of,
        "mode": run.started.mode,
        "world": run.started.world,
        "config": run.started.config_hash,
        "from": iso(run.begun_ns),
        "to": iso(run.ended_ns),
        "market": plan.backtest.market.description,
        "is_own_market": plan.is_own,
    }


def _verdicts(found: ReplayComparison) -> dict[str, Any]:
    verdicts = found.verdicts
    differences = [
        {
            **_key(each.key),
            "run": _verdict(each.run),
            "replay": _verdict(each.replay),
            **_cause(each.cause),
        }
        for each in verdicts.differences
    ]
    return {"same": verdicts.same, "exact": verdicts.exact, "differences": differences}


def _exits(found: ReplayComparison) -> dict[str, Any]:
    differences = [
        {
            "product": each.pair.trip.key.product,
            "kind": each.kind,
            "at": iso(each.at_ns),
            "in": "run" if each.is_in_run else "replay",
            **_cause(each.cause),
        }
        for each in found.exits
    ]
    return {"same": found.exits_same, "differences": differences}


def _key(key: DecisionKey) -> dict[str, Any]:
    return {"strategy": key.strategy, "product": key.product, "bar": iso(key.bar_ns)}


def _verdict(verdict: EntryVerdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    is_approved = verdict.is_approved
    return {
        "at": iso(verdict.at_ns),
        "approved": is_approved,
        "reason": verdict.reason or None,
        "told": verdict.numbers if is_approved else verdict.told,
    }


def _trip(trip: PlayedTrip | None) -> dict[str, Any] | None:
    if trip is None:
        return None
    return {
        "lot": trip.lot,
        "approved": plain(trip.quantity),
        "fills": [
            {
                "side": one.side.value,
                "at": iso(one.at_ns),
                "quantity": plain(one.quantity),
                "price": plain(one.price),
                "fee": plain(one.fee),
            }
            for one in (*trip.buys, *trip.sales)
        ],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {"part": None if cause.part is None else cause.part.value, "why": cause.why}
