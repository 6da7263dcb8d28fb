"""Products by what catalogue and books show: who is in which tier, who is out and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.product import ProductFlags, ProductId
from domain.model.universe import BookMeasure, Exclusion, Standing
from domain.universe.limits import Stability
from domain.universe.selection import (
    BOOK_LIMIT_NS,
    CATALOGUE_LIMIT_NS,
    Selection,
    UniversePlan,
    changed,
)
from tests.builders.messages import BTC, ETH, NOW, a_product, a_standing, a_tier

pytestmark = pytest.mark.req("U1")
STRICT = a_tier(position_pct=Decimal(3))
LOOSE = a_tier(min_volume=Decimal(100_000), max_spread_bps=Decimal(60), min_depth=Decimal(1_000))
PLAN = UniversePlan(
    tiers={"T1": STRICT, "T2": LOOSE}, stability=Stability(), never_trade=frozenset({"PUMP"})
)


class Stand:
    """A selection with a clock that the test moves."""

    def __init__(self, plan: UniversePlan = PLAN) -> None:
        self.now_ns = NOW
        self.bans: dict[str, str] = {}
        self.selection = Selection(plan)

    def catalogue(self, volume: str | None = "2000000", **changes: Any) -> None:
        amount = None if volume is None else Decimal(volume)
        product = a_product(changes.pop("name", BTC), volume_24h=amount, **changes)
        self.selection.list((product,), self.now_ns)

    def look(
        self, spread: str | None = "5", depth: str | None = "50000", name: ProductId = BTC
    ) -> None:
        figures = [None if each is None else Decimal(each) for each in (spread, depth, depth)]
        self.selection.measure((BookMeasure(name, *figures),), self.now_ns)

    def wait(self, length_ns: int, **figures: Any) -> None:
        """Let time pass while the book is looked at each ten seconds."""
        end_ns = self.now_ns + length_ns
        while self.now_ns < end_ns:
            self.now_ns = Nanos(min(end_ns, self.now_ns + 10 * SECOND))
            self.look(**figures)

    def standing(self) -> Standing:
        (found,) = self.selection.standings(self.now_ns, self.bans.get)
        return found

    @property
    def kind(self) -> tuple[str, Exclusion | None]:
        found = self.standing()
        return found.tier, found.exclusion_reason

    @property
    def reason(self) -> Exclusion | None:
        return self.standing().exclusion_reason


def listed(volume: str | None = "2000000", **changes: Any) -> Stand:
    stand = Stand()
    stand.catalogue(volume, **changes)
    return stand


def judged(volume: str | None = "2000000", **figures: Any) -> Stand:
    stand = listed(volume)
    stand.look(**figures)
    return stand


@pytest.mark.parametrize(
    ("volume", "figures", "kind"),
    [
        ("2000000", {}, ("T1", None)),
        ("999999", {}, ("T2", None)),
        ("2000000", {"spread": "20.01"}, ("T2", None)),
        ("2000000", {"depth": "9999"}, ("T2", None)),
        ("99999", {}, ("T2", Exclusion.VOLUME)),
        ("2000000", {"spread": "61"}, ("T2", Exclusion.SPREAD)),
        ("2000000", {"depth": "999"}, ("T2", Exclusion.DEPTH)),
    ],
)
def test_a_product_is_in_the_first_tier_whose_limits_it_meets_from_its_first_look_on(
    volume: str, figures: dict[str, str], kind: tuple[str, Exclusion | None]
) -> None:
    assert judged(volume, **figures).kind == kind


def test_what_is_excluded_says_what_was_found_and_what_is_demanded() -> None:
    found = judged("99999").standing()

    assert (found.observed, found.limit) == ("99,999 USD", "100,000 USD")
    assert (found.product, found.volume, found.depth) == (BTC, Decimal(99_999), Decimal(50_000))


@pytest.mark.parametrize(
    ("stand", "reason"),
    [
        (listed(None), Exclusion.VOLUME_UNKNOWN),
        (listed(), Exclusion.BOOK_UNKNOWN),
        (judged(spread=None), Exclusion.BOOK_UNKNOWN),
        (judged(depth=None), Exclusion.BOOK_UNKNOWN),
        (listed(flags=ProductFlags(cancel_only=True)), Exclusion.DISABLED),
        (listed(flags=ProductFlags(status="delisted")), Exclusion.DISABLED),
        (listed(flags=ProductFlags(status="never heard of")), Exclusion.DISABLED),
        (listed(name="PUMP-USD"), Exclusion.NEVER_TRADE),
    ],
)
def test_a_failed_look_up_and_every_word_against_a_product_exclude_it(
    stand: Stand, reason: Exclusion
) -> None:
    stand.look(name=ProductId("PUMP-USD"))

    assert stand.kind[1] == reason


@pytest.mark.parametrize(
    ("length_ns", "reason"),
    [(BOOK_LIMIT_NS, None), (BOOK_LIMIT_NS + 1, Exclusion.BOOK_UNKNOWN)],
)
def test_a_book_that_could_not_be_looked_at_again_is_unknown_after_a_while(
    length_ns: int, reason: Exclusion | None
) -> None:
    stand = judged()
    stand.now_ns = Nanos(NOW + length_ns)
    stand.look(spread=None)

    assert stand.kind[1] == reason


def test_a_catalogue_that_could_not_be_read_again_excludes_everything() -> None:
    stand = judged()
    stand.wait(CATALOGUE_LIMIT_NS)
    young = stand.reason
    stand.wait(10 * SECOND)
    old = stand.reason
    stand.catalogue()

    assert (young, old, stand.reason) == (None, Exclusion.CATALOGUE_OLD, None)


def test_what_misses_a_limit_leaves_after_a_while_and_returns_after_a_while() -> None:
    stand, seen = judged(), list[Exclusion | None]()
    for spread, seconds in (("70", 180), ("70", 10), ("5", 180), ("5", 10)):
        stand.wait(seconds * SECOND, spread=spread)
        seen.append(stand.reason)

    assert seen == [None, Exclusion.SPREAD, Exclusion.WAITING, None]


def test_one_look_at_a_good_book_begins_the_time_of_leaving_anew() -> None:
    stand = judged()
    for _ in range(5):
        stand.wait(2 * MINUTE, spread="70")
        stand.wait(10 * SECOND)

    assert stand.kind == ("T1", None)


def test_what_is_in_a_tier_is_kept_by_a_little_less_than_what_lets_in() -> None:
    stand = judged()
    stand.catalogue("960000")
    stand.wait(10 * MINUTE, spread="21", depth="9600")
    assert stand.kind == ("T1", None)

    assert judged("960000").kind == ("T2", None)
    stand.catalogue("940000")
    stand.wait(4 * MINUTE)
    assert stand.kind == ("T2", None)


def test_a_ban_counts_at_once_and_so_does_its_end() -> None:
    stand = judged()
    stand.bans["BTC"] = "until tomorrow: exploit"
    banned = stand.standing()
    stand.bans.clear()

    assert banned.exclusion_reason is Exclusion.BANNED
    assert banned.observed == "until tomorrow: exploit"
    assert stand.kind == ("T1", None)


def test_what_is_not_listed_any_more_stands_nowhere_and_no_book_brings_it_back() -> None:
    stand = judged()
    stand.selection.list((), stand.now_ns)
    stand.look()

    assert stand.selection.standings(stand.now_ns, stand.bans.get) == ()


def test_only_another_tier_or_reason_is_a_change_and_no_number() -> None:
    before = {BTC: a_standing(BTC, spread_bps=Decimal(1)), ETH: a_standing(ETH)}
    same = a_standing(BTC, spread_bps=Decimal(2))
    out = a_standing(ETH, exclusion_reason=Exclusion.SPREAD)

    assert changed(before, (same, out)) == (out,)
    assert changed({}, (same,)) == (same,)


def test_a_look_is_news_where_the_book_was_not_known_or_not_any_more() -> None:
    stand = listed()
    measure = BookMeasure(BTC, Decimal(5), Decimal(50_000), Decimal(50_000))

    told = []
    for later_ns in (0, BOOK_LIMIT_NS, BOOK_LIMIT_NS + 1):
        stand.now_ns = Nanos(stand.now_ns + later_ns)
        told.append(stand.selection.measure((measure,), stand.now_ns))

    assert told == [True, False, True]
