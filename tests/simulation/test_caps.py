"""No order passes a cap at its worst case; judged by the venue's own books at each acceptance."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domain.messages.decisions import ProposalRefused
from domain.messages.orders import IntentRaised
from domain.model.approval import ApprovedEntry, Reason
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId
from tests.builders.price_paths import Line, price_at, script
from tests.builders.world import FEES, Setting, World

NAMES = ("BTC", "ETH", "SOL", "AVAX", "DOGE", "SHIB", "LINK", "UNI")
THEMES = {
    "LAYER1": ("BTC", "ETH", "SOL", "AVAX"),
    "DEFI": ("UNI", "LINK"),
    "MEME": ("DOGE", "SHIB"),
}
CAP_REASONS = {"total_cap", "position_cap", "asset_cap", "theme_cap"}
RUN_NS = Nanos(330 * SECOND)


@frozen(kw_only=True)
class Caps:
    """Percent of equity."""

    total: int
    position: str
    theme: int
    notional: str

    @property
    def sets(self) -> tuple[str, ...]:
        """The overrides that say so."""
        return (
            f"policy.caps.total_pct={self.total}",
            f"policy.caps.position_pct={self.position}",
            f"policy.caps.asset_pct={self.position}",
            f"policy.max_per_theme_pct.LAYER1={self.theme}",
            f"policy.max_per_theme_pct.LAYER2={self.theme}",
            f"policy.max_per_theme_pct.DEFI={self.theme}",
            f"policy.max_per_theme_pct.MEME={self.theme}",
            f"strategies.breakout.notional_pct={self.notional}",
            "strategies.breakout.max_trades_per_cycle=20",
            "policy.execution.ttl_seconds=150",
        )


@frozen
class Judge:
    """Looks at the venue's books when it has just taken an order."""

    world: World
    caps: Caps
    lines: dict[str, Line]
    faults: list[str] = field(factory=list)
    seen: list[str] = field(factory=list)

    def look(self) -> None:
        """Compare position and open orders at worst case with the caps that the order meets."""
        newest = self.world.books()["orders"][0]
        name = newest["product_id"].partition("-")[0]
        self.seen.append(name)
        if newest["side"] == "SELL":
            return
        at_risk, nlv = self._at_risk(), self._nlv()
        self._hold("total", sum(at_risk.values(), Decimal(0)), Decimal(self.caps.total), nlv)
        self._hold(name, at_risk[name], Decimal(self.caps.position), nlv)
        theme = next(theme for theme, members in THEMES.items() if name in members)
        held = sum((at_risk.get(each, Decimal(0)) for each in THEMES[theme]), Decimal(0))
        self._hold(theme, held, Decimal(self.caps.theme), nlv)

    def _hold(self, what: str, amount: Decimal, cap: Decimal, nlv: Decimal) -> None:
        if amount > nlv * cap / 100:
            share = amount / nlv * 100
            self.faults.append(f"{what} {share:.4f} % > {cap} % at {self.world.now_s:.3f} s")

    def _at_risk(self) -> dict[str, Decimal]:
        worth: defaultdict[str, Decimal] = defaultdict(Decimal)
        for name in self.lines:
            owned = self.world.venue_total(name)
            if owned:
                worth[name] += owned * self._quote(name, Decimal("0.01"))
        for order in self.world.live_orders("BUY"):
            (limit,) = order["order_configuration"].values()
            left = Decimal(limit["base_size"]) - Decimal(order["filled_size"])
            cost = left * Decimal(limit["limit_price"]) * (1 + FEES.taker)
            worth[order["product_id"].partition("-")[0]] += cost
        return dict(worth)

    def _nlv(self) -> Decimal:
        nlv = self.world.venue_cash()
        for name in self.lines:
            bid = self._quote(name, Decimal("-0.01"))
            nlv += self.world.venue_total(name) * bid * (1 - FEES.taker)
        return nlv

    def _quote(self, name: str, offset: Decimal) -> Decimal:
        """Return the price shown by the last step before now, moved by `offset`."""
        since = (self.world.now_s - 0.5) // 2
        return price_at(self.lines[name], max(0.0, since * 2 + 0.5)) + offset


def a_line(name: str, minutes: tuple[int, ...], dips: bool) -> Line:
    """Return a path that breaks out at the end of each of `minutes`, and fills if it `dips`."""
    corners: list[tuple[float, str]] = []
    price = 100
    for minute in minutes:
        begin, price = minute * 60, price + 1
        corners += [(begin, str(price - 1)), (begin + 50, str(price)), (begin + 66, str(price))]
        if dips:
            corners += [(begin + 76, f"{price}.00"), (begin + 80, str(price - Decimal("0.5")))]
            corners += [(begin + 100, str(price - Decimal("0.5"))), (begin + 110, str(price))]
    return Line(f"{name}-USD", tuple(corners), minutes)


LINES = st.tuples(
    *(
        st.builds(
            a_line,
            st.just(name),
            st.sampled_from([(1,), (1, 3), (2,), (1, 4), (2, 4)]),
            st.booleans(),
        )
        for name in NAMES
    )
)
CAPS = st.builds(
    Caps,
    total=st.integers(5, 12),
    position=st.sampled_from(["2", "2.5", "3"]),
    theme=st.integers(3, 5),
    notional=st.sampled_from(["1.5", "2"]),
)


@pytest.mark.slow
@pytest.mark.req("E1", "E2", "U2")
@given(lines=LINES, caps=CAPS)
@settings(max_examples=12, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_no_order_passes_a_cap_at_its_worst_case(lines: tuple[Line, ...], caps: Caps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(
            folder=Path(folder), market=script(lines, 6), sets=caps.sets, duration_ns=RUN_NS
        )
        with World(setting).start() as world:
            judge = Judge(world, caps, {line.name.partition("-")[0]: line for line in lines})
            world.on_accept = judge.look
            assert world.run_to_end() == 0, world.criticals
            reasons = refusals(world)

    assert judge.faults == []
    assert judge.seen, "no order was accepted: the run proves nothing"
    assert CAP_REASONS & set(reasons), f"no cap ever bound: the run proves nothing ({reasons})"


def refusals(world: World) -> dict[Reason, set[ProductId]]:
    """Return every reason of a refusal with its products."""
    found: defaultdict[Reason, set[ProductId]] = defaultdict(set)
    for _, message in world.messages():
        if isinstance(message, ProposalRefused):
            for refusal in message.refusals:
                found[refusal.reason].add(message.product)
    return dict(found)


def a_moving_line(name: str, rise: str, back: bool) -> Line:
    """Return a path that breaks out, leaves its entry by `rise`, and may come back to fill it."""
    top = 101 + Decimal(rise)
    corners = [(60.0, "100"), (110, "101"), (122, "101"), (124, str(top)), (134, str(top))]
    if back:
        corners += [(136, "100.6"), (138, "100.6"), (140, str(top))]
    corners += [(160, str(top + Decimal("0.04"))), (174, str(top + Decimal("0.04"))), (176, "100")]
    return Line(f"{name}-USD", tuple(corners), (1,))


MOVING = st.tuples(
    *(
        st.builds(a_moving_line, st.just(name), st.sampled_from(["0.06", "0.1"]), st.booleans())
        for name in NAMES
    )
)


@pytest.mark.slow
@pytest.mark.req("E1", "E2", "X5", "X3")
def test_no_entry_that_follows_the_market_passes_a_cap_or_its_first_size() -> None:
    followed: list[bool] = []

    @given(lines=MOVING, caps=CAPS, takes=st.booleans())
    @settings(max_examples=4, phases=(Phase.explicit, Phase.reuse, Phase.generate), deadline=None)
    def holds(lines: tuple[Line, ...], caps: Caps, takes: bool) -> None:
        followed.append(follows_within_its_limits(lines, caps, takes=takes))

    holds()
    assert any(followed), "none has followed: it proves nothing"


def follows_within_its_limits(lines: tuple[Line, ...], caps: Caps, *, takes: bool) -> bool:
    """Run such a market; tell whether any entry has followed it."""
    sets = (*caps.sets, f"policy.execution.taker_fallback={str(takes).lower()}")
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(
            folder=Path(folder), market=script(lines, 5), sets=sets, duration_ns=Nanos(270 * SECOND)
        )
        with World(setting).start() as world:
            judge = Judge(world, caps, {line.name.partition("-")[0]: line for line in lines})
            world.on_accept = judge.look
            assert world.run_to_end() == 0, world.criticals
            firsts, bought = chains_of(world)

    assert judge.faults == []
    for names in firsts.values():
        sizes = [size for size, _ in names]
        assert sum(bought[name] for _, name in names) <= sizes[0]
    return any(len(names) > 1 for names in firsts.values())


def chains_of(world: World) -> tuple[dict[str, list[tuple[Decimal, str]]], dict[str, Decimal]]:
    """Return the orders of each entry, with their sizes, and what the venue has filled of each."""
    found: defaultdict[str, list[tuple[Decimal, str]]] = defaultdict(list)
    for _, message in world.messages():
        if isinstance(message, IntentRaised) and isinstance(message.intent.order, ApprovedEntry):
            order, name = message.intent.order, message.intent.client_order_id
            found[order.first or name].append((order.quantity, name))
    filled = {
        each["client_order_id"]: Decimal(each["filled_size"]) for each in world.books()["orders"]
    }
    return dict(found), defaultdict(Decimal, filled)


@pytest.mark.req("E1")
def test_the_judge_sees_an_order_beyond_the_cap() -> None:
    """A judge that never speaks would prove nothing."""
    lines = tuple(a_line(name, (1,), dips=False) for name in NAMES)
    generous = Caps(total=15, position="3", theme=5, notional="2")
    strict: Any = Caps(total=4, position="1", theme=3, notional="2")
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(
            folder=Path(folder), market=script(lines, 6), sets=generous.sets, duration_ns=RUN_NS
        )
        with World(setting).start() as world:
            judge = Judge(world, strict, {line.name.partition("-")[0]: line for line in lines})
            world.on_accept = judge.look
            world.run_to_end()

    assert any(fault.startswith("total ") for fault in judge.faults)
    assert any(fault.startswith("BTC ") for fault in judge.faults)
