"""The universe: who may be bought in which market, told to who decides; a person's word counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors.kernel.topology import RISK_GATE, UNIVERSE
from actors.trading.universe import (
    BOOKS_COME_NS,
    CLOSED_AFTER_NS,
    CRASH,
    JUDGE_EVERY_NS,
    READ_AGAIN_NS,
    TELL_EVERY_NS,
    RegimePlan,
    Selector,
)
from domain.messages.supervision import (
    ActorProven,
    ActorRestarted,
    BootCompleted,
    ProductsChanged,
)
from domain.messages.universe import (
    AssetBanned,
    BanCleared,
    LiquidityMeasured,
    RegimeCleared,
    RegimeJudged,
    RegimeSet,
    StandingsChanged,
    UniverseJudged,
)
from domain.messages.venue import CandlesListed
from domain.model.breakers import Effect
from domain.model.context import Regime
from domain.model.instants import HOUR, SECOND, Nanos, bucket_start
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.regime import Provenance
from domain.model.universe import BookMeasure, Exclusion, Standing
from domain.universe.limits import Stability
from domain.universe.orders import StandingOrders
from domain.universe.regime import BARS, RegimeLimits
from domain.universe.selection import BOOK_LIMIT_NS, UniversePlan
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import BTC, ETH, MAKER, TAKER, a_product, a_tier
from tests.fakes.recording_venue import RecordingVenue

PLAN = UniversePlan(tiers={"T1": a_tier()}, stability=Stability(), never_trade=frozenset())
PRODUCTS = tuple(a_product(each, volume_24h=Decimal(9_000_000)) for each in (BTC, ETH))
GOOD = tuple(BookMeasure(each, Decimal(1), Decimal(90_000), Decimal(90_000)) for each in (BTC, ETH))
LOOKED = LiquidityMeasured(GOOD)
HOURS_NS = bucket_start(START_NS, HOUR)


class Stand:
    """A universe alone, with a venue whose answers the test writes."""

    def __init__(self, orders: StandingOrders | None = None, *, epoch: int = 1) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        self.actor = self.harness.start(
            Selector,
            UNIVERSE,
            self.venue,
            PLAN,
            RegimePlan(BTC, RegimeLimits()),
            orders or StandingOrders(),
            epoch=epoch,
        )

    def hear(self, *messages: Any) -> tuple[Any, ...]:
        return deliver(self.actor, *messages)

    def boot(self) -> tuple[Any, ...]:
        return self.hear(BootCompleted(PRODUCTS, MAKER, TAKER, is_clean=True), LOOKED)

    def hours(self, trend_pct: float = 0.0, count: int = BARS) -> tuple[Any, ...]:
        """Answer the newest question about hours with a steady trend."""
        end_ns = bucket_start(self.harness.clock.market_ns(), HOUR)
        bars = []
        for number in range(count):
            price = Price(Decimal(f"{100 * (1 + trend_pct / 100 * number / (BARS - 1)):.8f}"))
            start_ns = Nanos(end_ns - (count - number) * HOUR)
            bars.append(Bar(BTC, start_ns, price, price, price, price, Quantity(Decimal(1))))
        return self.answer(tuple(bars))

    def answer(self, bars: tuple[Bar, ...] = (), failure: str | None = None) -> tuple[Any, ...]:
        token = self.venue.last("list_candles").token
        width = Nanos(HOUR)
        return self.hear(CandlesListed(token, BTC, width, bars, failure is None, failure))

    @property
    def log(self) -> str:
        return "\n".join(each.text for each in self.harness.log.lines)

    def pass_time(self, by_ns: int) -> tuple[Any, ...]:
        return self.harness.pass_time(self.actor, by_ns)


def ready(**kwargs: Any) -> Stand:
    """Return a universe that has judged market and products."""
    stand = Stand(**kwargs)
    stand.hours()
    stand.boot()
    return stand


def standing(said: tuple[Any, ...], product: str = BTC) -> Standing:
    (judged,) = of_kind(said, UniverseJudged)
    return next(each for each in judged.standings if each.product == product)


def regime(said: tuple[Any, ...]) -> tuple[Regime, Provenance]:
    (judged,) = of_kind(said, RegimeJudged)
    return judged.reading.regime, judged.reading.provenance


@pytest.mark.req("U1")
def test_products_are_judged_at_the_first_look_and_told_to_who_buys_and_for_the_record() -> None:
    stand = Stand()
    stand.hours()

    said = stand.boot()

    (judged,), (changed,) = of_kind(said, UniverseJudged), of_kind(said, StandingsChanged)
    assert judged.standings == changed.standings
    assert [(each.product, each.tier) for each in judged.standings] == [(BTC, "T1"), (ETH, "T1")]
    assert "2 products may be bought (2 in T1)" in stand.log


@pytest.mark.req("U1")
def test_books_that_come_one_by_one_at_a_start_are_one_line() -> None:
    stand = Stand()
    stand.hours()
    stand.hear(BootCompleted(PRODUCTS, MAKER, TAKER, is_clean=True))

    judged = stand.hear(LiquidityMeasured(GOOD[:1]))
    assert of_kind(judged, UniverseJudged), "who decides knows at once"
    assert "may be bought" not in stand.log
    stand.hear(LOOKED)

    assert [line for line in stand.log.splitlines() if "products may be bought (" in line] == [
        "2 products may be bought (2 in T1)"
    ]


@pytest.mark.req("U1")
def test_a_book_that_does_not_come_at_a_start_is_said_after_its_time() -> None:
    stand = Stand()
    stand.hours()
    stand.hear(BootCompleted(PRODUCTS, MAKER, TAKER, is_clean=True))
    for _ in range(2):
        stand.hear(LiquidityMeasured(GOOD[:1]))
        stand.pass_time(BOOKS_COME_NS)

    text = "1 product may be bought (1 in T1); excluded now: ETH-USD (book_unknown: no whole book)"
    assert text in stand.log.splitlines()


@pytest.mark.req("U1", "BT4")
def test_a_book_that_is_seen_again_counts_at_once_however_short_ago_all_were_judged() -> None:
    stand = ready()
    stand.pass_time(BOOK_LIMIT_NS + SECOND)
    stand.hear(AssetBanned("ETH", "exploit", Nanos(START_NS + HOUR)))  # all are judged anew
    said = stand.hear(BanCleared("ETH", "over"))
    assert standing(said).exclusion_reason is Exclusion.BOOK_UNKNOWN

    said = stand.hear(LOOKED)

    assert standing(said).exclusion_reason is None


@pytest.mark.req("U1")
def test_that_nothing_may_be_bought_is_a_warning_with_what_to_type() -> None:
    stand = ready()
    stand.pass_time(JUDGE_EVERY_NS)

    for asset in ("BTC", "ETH"):
        stand.hear(AssetBanned(asset, "exploit", Nanos(START_NS + HOUR)))

    (told,) = stand.harness.log.of("warning")
    assert told.text.startswith("nothing may be bought: ETH-USD (banned")
    assert told.text.endswith("type: python run.py why ETH-USD")


@pytest.mark.req("U1")
def test_what_is_excluded_is_logged_with_product_tier_and_reason() -> None:
    stand = ready()
    stand.pass_time(JUDGE_EVERY_NS)

    said = stand.hear(AssetBanned("ETH", "exploit", Nanos(START_NS + HOUR)))

    assert standing(said, ETH).exclusion_reason is Exclusion.BANNED
    assert [each.product for each in of_kind(said, StandingsChanged)[0].standings] == [ETH]
    line = next(each for each in stand.harness.log.lines if each.text == "excluded")
    assert (line.fields["product"], line.fields["tier"]) == (ETH, "T1")
    assert line.fields["exclusion_reason"] == "banned"


@pytest.mark.req("U1")
def test_numbers_alone_are_told_each_minute_and_never_for_the_record() -> None:
    stand = ready()

    stand.pass_time(JUDGE_EVERY_NS)
    assert stand.hear(LOOKED) == ()
    stand.pass_time(TELL_EVERY_NS)
    assert [type(each) for each in stand.hear(LOOKED)] == [UniverseJudged]


@pytest.mark.req("U1")
def test_a_ban_of_an_earlier_run_holds_and_ends_by_itself() -> None:
    ban = AssetBanned("BTC", "exploit", Nanos(START_NS + HOUR))
    stand = Stand(StandingOrders((ban,)))
    stand.hours()
    assert standing(stand.boot()).exclusion_reason is Exclusion.BANNED

    stand.pass_time(HOUR)
    assert standing(stand.hear(LOOKED)).is_eligible


@pytest.mark.req("U1")
def test_a_ban_is_lifted_by_a_word() -> None:
    stand = ready()
    stand.hear(AssetBanned("BTC", "exploit", Nanos(START_NS + HOUR)))

    assert standing(stand.hear(BanCleared("BTC", "another coin"))).is_eligible


@pytest.mark.req("U1")
def test_flags_of_a_new_catalogue_count_at_once() -> None:
    stand = ready()
    unknown = (PRODUCTS[0], a_product(ETH, volume_24h=None))

    said = stand.hear(ProductsChanged(unknown))

    assert standing(said, ETH).exclusion_reason is Exclusion.VOLUME_UNKNOWN


@pytest.mark.req("U3", "U1")
def test_nothing_may_be_bought_before_the_market_is_judged() -> None:
    stand = Stand()
    assert of_kind(stand.boot(), UniverseJudged) == []

    said = stand.hours()

    assert regime(said) == (Regime.CHOP, Provenance.DETECTED)
    assert standing(said).is_eligible


@pytest.mark.req("U3")
def test_hours_are_asked_for_at_once_and_after_each_hour() -> None:
    stand = Stand()
    (asked,) = stand.venue.named("list_candles")
    assert asked.about["product"] == BTC
    assert (HOURS_NS - asked.about["start_ns"]) // HOUR >= BARS
    stand.hours()

    stand.pass_time(HOURS_NS + HOUR + CLOSED_AFTER_NS - START_NS)
    assert len(stand.venue.named("list_candles")) == 2
    stand.pass_time(READ_AGAIN_NS)
    assert len(stand.venue.named("list_candles")) > 2, "a lost answer is asked for again"


@pytest.mark.req("U3")
@pytest.mark.parametrize("failure", ["HTTP 503", None])
def test_without_hours_the_regime_is_unknown_counts_as_chop_and_is_asked_for_again(
    failure: str | None,
) -> None:
    stand = Stand()

    said = stand.answer(failure="HTTP 503") if failure else stand.hours(count=5)

    assert regime(said) == (Regime.CHOP, Provenance.UNKNOWN)
    assert "it counts as chop" in stand.log
    if failure:
        stand.pass_time(READ_AGAIN_NS)
        assert regime(stand.hours(-6)) == (Regime.BEAR, Provenance.DETECTED)


@pytest.mark.req("U3")
@pytest.mark.way_out("crash_regime")
def test_a_crash_blocks_entries_until_the_market_or_a_person_says_otherwise() -> None:
    stand = ready()
    stand.pass_time(HOUR)

    assert regime(stand.hours(-20))[0] is Regime.CRASH
    (breaker,) = stand.harness.trips()
    assert (breaker.name, breaker.effect, breaker.is_latched) == (CRASH, Effect.BLOCK, False)

    said = stand.hear(RegimeSet(Regime.CHOP, "seen worse", Nanos(START_NS + 3 * HOUR)))
    assert regime(said) == (Regime.CHOP, Provenance.OPERATOR)
    assert stand.harness.trips() == ()

    assert regime(stand.hear(RegimeCleared("careful"))) == (Regime.CRASH, Provenance.DETECTED)
    assert stand.harness.is_open(CRASH)
    stand.pass_time(HOUR)
    stand.hours(0)
    assert stand.harness.trips() == ()


@pytest.mark.req("U3")
def test_a_set_regime_of_an_earlier_run_counts_and_ends_by_itself() -> None:
    said = RegimeSet(Regime.BEAR, "news", Nanos(START_NS + 600 * SECOND))
    stand = Stand(StandingOrders(regime=said))
    assert regime(stand.hours())[0] is Regime.BEAR
    stand.boot()

    stand.pass_time(600 * SECOND)
    assert regime(stand.hear(LOOKED)) == (Regime.CHOP, Provenance.DETECTED)


@pytest.mark.req("U3")
def test_a_bull_whose_hours_are_not_renewed_is_none_any_more() -> None:
    stand = Stand()
    stand.hours(20)
    stand.boot()

    stand.pass_time(4 * HOUR)
    assert regime(stand.hear(LOOKED)) == (Regime.CHOP, Provenance.UNKNOWN)


@pytest.mark.req("SUP1", "U3")
def test_a_fresh_incarnation_says_nothing_before_it_knows_and_is_proven_then() -> None:
    stand = Stand(epoch=2)
    assert stand.boot() == ()

    assert of_kind(stand.hours(), RegimeJudged)
    (proven,) = of_kind(stand.hear(LOOKED), ActorProven)
    assert proven.evidence == "2 books looked at, all judged"


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_of_the_gate_is_told_what_counts() -> None:
    stand = ready()

    said = stand.hear(ActorRestarted(RISK_GATE, 2))

    assert [type(each) for each in said] == [UniverseJudged, RegimeJudged]
    assert stand.hear(ActorRestarted("drop_copy", 2)) == ()


def test_an_answer_to_an_incarnation_before_is_an_answer_to_nobody() -> None:
    stand = Stand()
    old = CandlesListed(7, BTC, Nanos(HOUR), (), is_complete=True, failure=None)

    assert stand.hear(old) == ()
