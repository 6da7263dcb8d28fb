"""A status document, what is seen of its instance, and how both look on the screen."""

from __future__ import annotations

from typing import Any

from adapters.control.instances import Holder
from app.status.lines import fitted
from app.status.members import Members
from app.status.signs import InstanceState, Signs
from app.status.text import sections
from domain.model.instants import SECOND, parse_iso

TAKEN = parse_iso("2026-11-28T21:40:00Z")
POSITION: dict[str, object] = {
    "product": "BTC-USD",
    "quantity": "0.00271885",
    "cost": "198.8112345678901234567890123456789012345678901234567",
    "mark": "72672.55",
    "mark_at": "2026-11-28T21:40:00Z",
    "unrealised": "-1.2345678901234567890123456789012345678901234567890",
    "stop": "69780.6234567",
    "target": "78503.21",
    "protected_at": "exit actor",
    "price_increment": "0.01",
    "quantity_increment": "0.00000001",
    "strategy": "breakout",
}
DOCUMENT: dict[str, object] = {
    "schema": 3,
    "mode": "paper",
    "market_time": "2026-11-28T21:40:02Z",
    "cycles": 12,
    "quote": "USD",
    "equity": "9981.84123",
    "pnl_net": "-18.16",
    "realised": "-3.1",
    "unrealised": "-15.06",
    "opening_equity": "10000",
    "fees": "5.93",
    "positions": [POSITION],
    "strategies": [
        {
            "strategy": "baseline",
            "trips": 12,
            "won": 5,
            "fees": "5.93",
            "realised": "-3.1",
            "unrealised": "-15.06",
            "lots": 1,
            "signals": [
                {
                    "signal": "volume_spike",
                    "trips": 12,
                    "won": 5,
                    "fees": "5.93",
                    "realised": "-3.1",
                    "unrealised": "-15.06",
                    "lots": 1,
                }
            ],
        }
    ],
    "last_decision": {
        "cycle": 12,
        "at": "2026-11-28T21:40:01Z",
        "approved": [],
        "refused": [{"product": "BTC-USD", "reason": "position_cap"}],
    },
    "limits": [
        {"name": "daily_loss", "used": "0.18", "limit": "3", "left": "2.82", "unit": "%"},
        {
            "name": "repeated_entries ETH-USD",
            "used": "3",
            "limit": "8",
            "left": "5",
            "unit": "orders in 300 s",
        },
        {"name": "daily_loss_usd", "used": "18.1", "limit": "300", "left": "281.9", "unit": "USD"},
    ],
    "breakers": [
        {
            "name": "drawdown",
            "scope": "global",
            "state": "HALT",
            "latched": True,
            "reason": "drawdown 10.02 % reached the limit of 10 %",
            "since": "2026-11-28T21:39:00Z",
        }
    ],
    "orders_open": [
        {
            "client_order_id": "5cb1d742-737a-5f62-b26b-e2143e3c9694",
            "product": "ETH-USD",
            "side": "BUY",
            "state": "PARTIALLY_FILLED",
            "purpose": "entry",
            "quantity": "0.5",
            "price": "3440.1",
            "filled": "0.2",
        }
    ],
    "actors": [
        {"name": "feed", "state": "down", "epoch": 2, "restarts": 1, "mailbox": 0},
        {"name": "exits", "state": "idle", "epoch": 1, "restarts": 0, "mailbox": 0},
    ],
}
ALERT = {"wall": "2026-11-28T21:39:00Z", "severity": "CRITICAL", "what": "HALT (global): drawdown"}


def some_signs(state: InstanceState = InstanceState.TRADING, **changes: Any) -> Signs:
    values: dict[str, Any] = {
        "now_ns": TAKEN + 3 * SECOND,
        "taken_ns": TAKEN,
        "last_ns": TAKEN,
        "who": Holder(4711, "vm", "2026-11-28T21:30:00Z") if state.is_up else None,
        **changes,
    }
    return Signs(state=state, **values)


def shown(document: object, signs: Signs, width: int = 80) -> list[str]:
    lines = sections(Members(document), signs, (Members(ALERT),))
    return [line.text for line in fitted(lines, width)]


def text_of(document: object, signs: Signs) -> str:
    return " ".join(" ".join(shown(document, signs)).split())
