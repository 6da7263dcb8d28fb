"""Bursts of signals become no bursts of entries: not at the venue, and not over a restart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.messages.orders import FillBooked
from domain.model.approval import ApprovedEntry
from domain.model.instants import HOUR, SECOND, Nanos
from domain.model.product import Side, base_of
from tests.builders.price_paths import Line, script
from tests.builders.world import Setting, World

pytestmark = pytest.mark.req("PAC", "CD1")

NAMES = ("BTC", "ETH", "SOL", "AVAX", "DOGE", "SHIB", "LINK", "UNI")
SPACING_S, COOLDOWN_S = 70, 150
SETS = (
    f"policy.pacing.spacing_seconds={SPACING_S}",
    f"policy.pacing.product_spacing_seconds={SPACING_S}",
    f"policy.cooldown.after_fill_seconds={COOLDOWN_S}",
    f"policy.cooldown.after_stop_seconds={COOLDOWN_S}",
    "policy.exits.max_hold=1m",
    "policy.execution.ttl_seconds=50",
    "strategies.breakout.max_trades_per_cycle=20",
    "strategies.breakout.notional_pct=1",
)


def a_line(name: str, first: int) -> Line:
    """Return a path that breaks out every other minute from `first` on, and fills each entry."""
    corners: list[tuple[float, str]] = []
    minutes, price = tuple(range(first, 9, 2)), 100
    for minute in minutes:
        begin, price = minute * 60, price + 1
        corners += [(begin, str(price - 1)), (begin + 50, str(price)), (begin + 66, str(price))]
        corners += [(begin + 74, f"{price - 1}.7"), (begin + 80, f"{price - 1}.7")]
        corners += [(begin + 90, str(price))]
    return Line(f"{name}-USD", tuple(corners), minutes)


LINES = tuple(a_line(name, 1 + number % 2) for number, name in enumerate(NAMES))


def a_setting(folder: Path, seconds: int, an_hour: int) -> Setting:
    market, duration_ns = script(LINES, minutes=10), Nanos(seconds * SECOND)
    sets = (*SETS, f"policy.pacing.trades_per_hour={an_hour}")
    return Setting(folder=folder, market=market, sets=sets, duration_ns=duration_ns)


def too_soon(messages: Iterable[tuple[int, Any]], an_hour: int) -> list[str]:
    """Return each entry that was approved sooner after the fills before it than is allowed."""
    fills: list[tuple[int, str, bool]] = []
    found = []
    for at_ns, message in messages:
        if isinstance(message, FillBooked):
            bought = message.fill.side is Side.BUY
            fills.append((at_ns, base_of(message.fill.product), bought))
        if isinstance(message, OrderApproved) and isinstance(message.order, ApprovedEntry):
            asset = base_of(message.order.product)
            buys = [then for then, _, bought in fills if bought]
            same = [then for then, name, _ in fills if name == asset]
            last_buy, last_same = max(buys, default=0), max(same, default=0)
            if at_ns - last_buy < SPACING_S * SECOND:
                found.append(f"{asset}: {(at_ns - last_buy) / SECOND} s since an entry")
            if at_ns - last_same < COOLDOWN_S * SECOND:
                found.append(f"{asset}: {(at_ns - last_same) / SECOND} s since a fill of it")
            if len([then for then in buys if at_ns - then < HOUR]) >= an_hour:
                found.append(f"{asset}: more than {an_hour} entries within an hour")
    return found


def refused(messages: Iterable[tuple[int, Any]]) -> set[str]:
    return {
        each.reason
        for _, message in messages
        if isinstance(message, ProposalRefused)
        for each in message.refusals
    }


@pytest.mark.parametrize(
    ("an_hour", "binding"), [(30, {"spacing", "cooldown"}), (4, {"trade_cap"})]
)
def test_what_signals_all_the_time_is_bought_at_its_pace_over_a_restart_too(
    an_hour: int, binding: set[str], tmp_path: Path
) -> None:
    with World(a_setting(tmp_path, 570, an_hour)).start() as world:
        assert world.until(lambda: len(world.books()["fills"]) >= 1, 400)
        world.crash()

    with World(a_setting(tmp_path, 400, an_hour)).start() as again:
        assert again.run_to_end() == 0, again.said
        told = again.messages()

    assert not too_soon(told, an_hour)
    assert binding <= refused(told)
    assert sum(isinstance(each, OrderApproved) for _, each in told) >= 3
