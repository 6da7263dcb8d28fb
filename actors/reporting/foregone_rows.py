"""The part of the status document about what was refused, and what it would have come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from domain.model.foregone import ForegoneTrades
from domain.model.money import Amount, plain

Row = dict[str, object]


def foregone_rows(rules: Iterable[ForegoneTrades]) -> list[Row]:
    """Return a row a rule; `profit` is what it has cost by now, below zero what it has saved."""
    return [
        {
            "rule": each.rule,
            "closed": each.closed,
            "earned": plain(each.earned),
            "open": each.open,
            "unrealised": plain(each.unrealised),
            "unfilled": each.unfilled,
            "profit": plain(each.profit),
        }
        for each in rules
    ]


def foregone_in(status: Mapping[str, Any]) -> tuple[ForegoneTrades, ...]:
    """Return what a status document of ours says of refused entries."""
    return tuple(
        ForegoneTrades(
            rule=row["rule"],
            closed=row["closed"],
            earned=Amount(Decimal(row["earned"])),
            open=row["open"],
            unrealised=Amount(Decimal(row["unrealised"])),
            unfilled=row["unfilled"],
        )
        for row in status.get("foregone") or ()
    )
