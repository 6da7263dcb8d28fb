"""What the venue says a product is open for, end to end: entries stop, and lots leave as they may.

A flag by the list of products, a status by the `status` channel, both against each other, a flag
that nobody has heard of, and each of them coming and going while the trader runs (EX1).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actors.kernel.topology import PROJECTOR, RISK_GATE
from domain.messages.decisions import ProposalRefused
from domain.messages.orders import FillBooked, IntentRaised
from domain.model.approval import Limit, OrderType, Purpose
from domain.model.instants import SECOND, Nanos
from domain.model.product import ALLOWED_BY_FLAG, Action, Side
from domain.risk.gate import judge_entry
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.full import some
from tests.builders.messages import an_entry
from tests.builders.price_paths import TO_STOP, TO_TARGET, Line, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World

pytestmark = pytest.mark.req("EX1")
BTC, ETH = {"product": "BTC-USD"}, {"product": "ETH-USD"}
CHANNEL = {"channel": "status"}
OFFLINE = {"member": "products.*.status", "value": "offline"}
DISABLED = "product_disabled"
TRIED = some(sorted(ALLOWED_BY_FLAG, key=lambda name: -len(ALLOWED_BY_FLAG[name])), 3)
"""Those that leave something, and of those that leave nothing the first."""
STATUSES = some(["offline", "halted_for_review", "internal", "delisted"], 2)
RUN_S = 260


class Told:
    """What the journal of an ended run holds, with seconds since the start."""

    def __init__(self, world: World) -> None:
        self._all = [((at - START) / SECOND, each) for at, each in world.messages()]

    def refused_exits(self) -> list[set[str]]:
        return [
            {str(refusal.reason) for refusal in each.refusals}
            for _, each in self._all
            if isinstance(each, ProposalRefused) and each.purpose is Purpose.EXIT
        ]

    def fills(self, side: Side) -> list[float]:
        return [
            at for at, each in self._all if isinstance(each, FillBooked) and each.fill.side is side
        ]

    def intents(self, side: Side) -> list[tuple[float, OrderType]]:
        return [
            (at, each.intent.order.order_type)
            for at, each in self._all
            if isinstance(each, IntentRaised) and each.intent.order.side is side
        ]


@contextmanager
def begun(
    folder: Path, *faults: dict[str, Any], lines: tuple[Line, ...], seconds: int = RUN_S
) -> Iterator[World]:
    market = script(lines, minutes=seconds // 60 + 2)
    setting = Setting(
        exits_alone=True,
        folder=folder,
        market=market,
        faults=faults,
        duration_ns=Nanos(seconds * SECOND),
    )
    with World(setting).start() as world:
        yield world


def ended(world: World) -> Told:
    world.run_to_end()
    assert_we_agree_with_the_venue(world)
    return Told(world)


def why_not(world: World, product: str = "BTC-USD") -> str:
    """Return why the universe leaves a product out, "" if it does not."""
    projector: Any = world.runtime.members[PROJECTOR]
    excluded = projector.report()["universe"]["excluded"]
    reasons = {each["product"]: each["exclusion_reason"] for each in excluded}
    return str(reasons.get(product, ""))


def would_refuse(world: World, product: str = "BTC-USD") -> set[str]:
    """Return by which reasons the risk gate would refuse an entry of a product now."""
    gate: Any = world.runtime.members[RISK_GATE]
    rules = world.options.config.policy.rules
    verdict = judge_entry(an_entry(product=product), gate._view(), 1, rules)
    refusals = verdict.refusals if isinstance(verdict, ProposalRefused) else ()
    return {str(each.reason) for each in refusals}


@pytest.mark.parametrize("name", TRIED)
def test_a_flag_of_the_list_decides_whether_anything_is_bought(tmp_path: Path, name: str) -> None:
    flag = fault("product_flag", at="0s", for_="1000s", **BTC, flag=name)
    with begun(tmp_path, flag, lines=(TO_TARGET,), seconds=135) as world:
        is_closed = Action.REST not in ALLOWED_BY_FLAG[name]
        assert world.until(lambda: world.now_s > 100)
        assert (why_not(world) == DISABLED) is is_closed
        assert (DISABLED in would_refuse(world)) is is_closed
        told = ended(world)

    assert (told.intents(Side.BUY) == []) is is_closed
    assert (told.fills(Side.BUY) == []) is is_closed


@pytest.mark.req("X6")
@pytest.mark.parametrize("name", TRIED)
def test_a_lot_leaves_as_a_flag_that_came_later_lets_it(tmp_path: Path, name: str) -> None:
    """The list is read again as soon as the venue has rejected a sale, and each minute anyway."""
    flag = fault("product_flag", at="181s", for_="50s", **ETH, flag=name)
    with begun(tmp_path, flag, lines=(TO_STOP,), seconds=345) as world:
        told = ended(world)

    sales = told.intents(Side.SELL)
    (first_s, first), *later = sales
    assert isinstance(first, Limit)
    assert not first.post_only, "nobody has said yet that it is not taken"
    sold_s = max(told.fills(Side.SELL))
    limits = [kind for _, kind in later if isinstance(kind, Limit)]
    if name == "limit_only":
        assert later == [], "a sale reaches so far below the bid by a limit, which is taken"
        assert sold_s - first_s < 15
    elif name == "post_only":
        assert limits
        assert limits[-1].post_only
    else:
        assert sold_s >= 231, "it waits for the flag to go"
        assert {DISABLED} in told.refused_exits()


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_that_the_channel_tells_stops_entries_before_the_list_is_read(
    tmp_path: Path, status: str
) -> None:
    gone = fault("product_flag", at="80s", for_="1000s", **BTC, status=status)
    unread = fault("http_500", at="80s", for_="1000s", endpoint="products")
    with begun(tmp_path, gone, unread, lines=(TO_TARGET,), seconds=135) as world:
        assert world.until(lambda: world.now_s > 79)
        assert DISABLED not in would_refuse(world)
        assert world.until(lambda: DISABLED in would_refuse(world), 40)
        assert 80 < world.now_s < 95, "it tells twice a minute"
        told = ended(world)

    assert told.intents(Side.BUY) == []


def test_a_channel_that_contradicts_the_list_stops_entries_and_no_exit(tmp_path: Path) -> None:
    odd = fault("odd_content", at="140s", for_="1000s", **CHANNEL, **OFFLINE)
    with begun(tmp_path, odd, lines=(TO_STOP,)) as world:
        assert world.until(lambda: world.now_s > 170)
        assert DISABLED in would_refuse(world, "ETH-USD")
        told = ended(world)

    assert told.refused_exits() == []
    (sale,) = (kind for _, kind in told.intents(Side.SELL))
    assert isinstance(sale, Limit)
    assert not sale.post_only
    assert told.fills(Side.SELL)


@pytest.mark.parametrize("where", [{"endpoint": "products"}, {"channel": "status"}])
def test_a_flag_that_nobody_knows_stops_entries(tmp_path: Path, where: dict[str, str]) -> None:
    new = fault(
        "odd_content", at="0s", for_="1000s", **where, member="products.*.halted", value=True
    )
    with begun(tmp_path, new, lines=(TO_TARGET,), seconds=135) as world:
        assert world.until(lambda: world.now_s > 100)
        assert why_not(world) == DISABLED
        assert DISABLED in would_refuse(world)
        told = ended(world)

    assert told.intents(Side.BUY) == []


def test_a_list_that_can_not_be_read_any_more_stops_entries_until_it_can(tmp_path: Path) -> None:
    failing = fault("http_500", at="50s", for_="60s", endpoint="products")
    with begun(tmp_path, failing, lines=(TO_TARGET,), seconds=200) as world:
        assert world.until(lambda: world.now_s > 49)
        assert DISABLED not in would_refuse(world)
        assert world.until(lambda: DISABLED in would_refuse(world), 75)
        assert world.until(lambda: DISABLED not in would_refuse(world), 75)
        assert world.now_s > 110


def test_a_flag_that_comes_and_goes_is_followed_both_ways(tmp_path: Path) -> None:
    flag = fault("product_flag", at="70s", for_="60s", **BTC, flag="cancel_only")
    with begun(tmp_path, flag, lines=(TO_TARGET,)) as world:
        assert world.until(lambda: world.now_s > 69)
        assert DISABLED not in would_refuse(world)
        assert world.until(lambda: DISABLED in would_refuse(world), 70)
        assert world.until(lambda: DISABLED not in would_refuse(world), 130)
        assert world.now_s > 130
