"""Parts of the status document about who has earned what: PnL by strategy and signal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from domain.model.money import Amount, plain
from domain.model.pnl import OpenPnl, Origin, OriginPnl, by_strategy

Row = dict[str, object]


def pnl_rows(origins: Iterable[OriginPnl]) -> list[Row]:
    """Return a row a strategy, with one a signal in it; the rows add up to the account's PnL.

    `realised` is after fees and holds parts that were sold; `unrealised` is after the fee of
    selling, None while a bid is missing. What belongs to no strategy has the name "".
    """
    return [
        {
            "strategy": each.name,
            **_members(each.total),
            "signals": [{"signal": row.origin.signal, **_members(row)} for row in each.signals],
        }
        for each in by_strategy(origins)
    ]


def open_pnl_in(status: Mapping[str, Any]) -> tuple[OpenPnl, ...]:
    """Return what a status document of ours says of open lots, where that is known."""
    return tuple(
        OpenPnl(Origin(row["strategy"], each["signal"]), Amount(Decimal(each["unrealised"])))
        for row in status.get("strategies") or ()
        for each in row["signals"]
        if each["lots"] and each["unrealised"] is not None
    )


def _members(pnl: OriginPnl) -> Row:
    return {
        "trips": pnl.trips,
        "won": pnl.won,
        "fees": plain(pnl.fees),
        "realised": plain(pnl.realised),
        "unrealised": None if pnl.unrealised is None else plain(pnl.unrealised),
        "lots": pnl.lots,
    }
