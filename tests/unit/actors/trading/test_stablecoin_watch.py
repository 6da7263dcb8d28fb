"""Who watches the stablecoin that pays asks, opens and closes breakers, and waits till it knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors.kernel.ports import ANSWER_LIMIT_NS
from actors.kernel.topology import UNIVERSE
from actors.trading.stablecoin_watch import (
    FAR,
    LIST_AGAIN_NS,
    LIST_EVERY_NS,
    OFF,
    READ_EVERY_NS,
    UNKNOWN,
    StablecoinPlan,
)
from actors.trading.universe import RegimePlan, Selector
from domain.market.stablecoin import UNKNOWN_AFTER_NS, StablecoinLimits
from domain.messages.supervision import BootCompleted
from domain.messages.universe import LiquidityMeasured, UniverseJudged
from domain.messages.venue import CandlesListed, ProductsListed, QuotesListed
from domain.model.breakers import Effect
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.product import ProductId
from domain.model.universe import BookMeasure
from domain.universe.limits import Stability
from domain.universe.orders import StandingOrders
from domain.universe.regime import RegimeLimits
from domain.universe.selection import UniversePlan
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import MAKER, TAKER, a_product, a_quote, a_tier
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("CASH1")
BTC = ProductId("BTC-USDC")
PAIR = (a_product("USDT-USD"), a_product("USDT-USDC"))
LOOKED = LiquidityMeasured((BookMeasure(BTC, Decimal(1), Decimal(90_000), Decimal(90_000)),))


class Stand:
    """The universe with a stablecoin to watch, and a venue whose answers the test writes."""

    def __init__(self, currency: str | None = "USDC") -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        self.actor = self.harness.start(
            Selector,
            UNIVERSE,
            self.venue,
            UniversePlan(tiers={"T1": a_tier()}, stability=Stability(), never_trade=frozenset()),
            RegimePlan(BTC, RegimeLimits()),
            StandingOrders(),
            None if currency is None else StablecoinPlan(currency, StablecoinLimits()),
        )
        token = self.venue.last("list_candles").token
        self.hear(CandlesListed(token, BTC, Nanos(HOUR), (), False, "no bars"))
        products = (a_product(BTC, volume_24h=Decimal(9_000_000)),)
        self.start = self.hear(BootCompleted(products, MAKER, TAKER, is_clean=True), LOOKED)

    def hear(self, *messages: Any) -> tuple[Any, ...]:
        return deliver(self.actor, *messages)

    def list(self, failure: str | None = None) -> None:
        token = self.venue.last("list_products").token
        products = () if failure else PAIR
        self.hear(ProductsListed(token, products, failure is None, failure))

    def quote(self, dollars: str = "1", coins: str = "1") -> tuple[Any, ...]:
        now_ns = self.harness.clock.market_ns()
        pairs = ((PAIR[0], dollars), (PAIR[1], coins))
        quotes = tuple(a_quote(each, each, product=one.id, at_ns=now_ns) for one, each in pairs)
        return self.hear(QuotesListed(self.venue.last("list_quotes").token, quotes, None))

    def fail(self) -> tuple[Any, ...]:
        return self.hear(QuotesListed(self.venue.last("list_quotes").token, (), "http 503"))

    def pass_time(self, by_ns: int) -> tuple[Any, ...]:
        return self.harness.pass_time(self.actor, by_ns)

    def read_for(self, length_ns: int, coins: str) -> None:
        for _ in range(length_ns // READ_EVERY_NS):
            self.pass_time(READ_EVERY_NS)
            self.quote(coins=coins)

    @property
    def open(self) -> dict[str, Effect]:
        return {each.name: each.effect for each in self.harness.board.open}

    @property
    def log(self) -> str:
        return "\n".join(each.text for each in self.harness.log.lines)


def priced() -> Stand:
    stand = Stand()
    stand.list()
    stand.quote()
    return stand


def test_nothing_may_be_bought_before_what_pays_is_priced() -> None:
    stand = Stand()
    assert not of_kind(stand.start, UniverseJudged)
    stand.list()

    said = stand.quote()

    assert of_kind(said, UniverseJudged)
    assert stand.open == {}
    assert "the stablecoin is priced" in stand.log
    assert stand.venue.last("list_quotes").about["products"] == ("USDT-USD", "USDT-USDC")


def test_the_dollar_is_not_watched() -> None:
    stand = Stand(currency=None)

    assert of_kind(stand.start, UniverseJudged)
    stand.pass_time(MINUTE)
    assert not stand.venue.named("list_products")
    assert not stand.venue.named("list_quotes")


@pytest.mark.way_out("stablecoin_far")
def test_a_coin_that_is_far_off_stops_entries_at_once_and_back_within_lets_them_go_on() -> None:
    stand = priced()
    stand.pass_time(READ_EVERY_NS)

    stand.quote(coins="1.1494")

    assert stand.open == {FAR: Effect.BLOCK, OFF: Effect.BLOCK}
    (far, _) = stand.harness.board.open
    assert "1 USDC is 0.870019 USD" in far.reason
    stand.read_for(5 * MINUTE, "1")
    assert stand.open == {FAR: Effect.BLOCK, OFF: Effect.BLOCK}
    stand.read_for(2 * READ_EVERY_NS, "1")
    assert stand.open == {}


@pytest.mark.way_out("stablecoin_off")
def test_a_coin_that_is_off_for_five_minutes_stops_entries_and_then_back_within_ends_it() -> None:
    stand = priced()

    stand.read_for(5 * MINUTE, "1.006")
    assert stand.open == {}
    stand.read_for(READ_EVERY_NS, "1.006")

    assert stand.open == {OFF: Effect.BLOCK}
    stand.read_for(5 * MINUTE + READ_EVERY_NS, "1.004")
    assert stand.open == {}


@pytest.mark.way_out("stablecoin_price")
@pytest.mark.parametrize("how", ["unlisted", "failing", "unanswered", "stale"])
def test_a_price_that_is_not_to_be_had_stops_entries_and_one_that_is_there_again_ends_it(
    how: str,
) -> None:
    stand = Stand() if how == "unlisted" else priced()

    for _ in range(1 + (UNKNOWN_AFTER_NS + MINUTE) // READ_EVERY_NS):
        stand.pass_time(READ_EVERY_NS)
        if how == "failing":
            stand.fail()
        if how == "stale":
            stand.hear(
                QuotesListed(
                    stand.venue.last("list_quotes").token,
                    tuple(a_quote("1", "1", product=each.id) for each in PAIR),
                    None,
                )
            )

    assert stand.open == {UNKNOWN: Effect.BLOCK}
    if how == "unlisted":
        stand.list()
    stand.pass_time(ANSWER_LIMIT_NS + READ_EVERY_NS)
    stand.quote()
    assert stand.open == {}


def test_a_catalogue_that_failed_is_read_again_soon_and_one_that_came_now_and_then() -> None:
    stand = Stand()
    stand.list(failure="http 503")

    stand.pass_time(LIST_AGAIN_NS)
    assert len(stand.venue.named("list_products")) == 2
    stand.list()
    stand.quote()
    stand.read_for(LIST_EVERY_NS // 2, "1")
    assert len(stand.venue.named("list_products")) == 2
    stand.read_for(LIST_EVERY_NS // 2 + READ_EVERY_NS, "1")
    assert len(stand.venue.named("list_products")) == 3


def test_an_answer_to_somebody_before_us_is_no_price() -> None:
    stand = priced()
    now_ns = stand.harness.clock.market_ns()
    quotes = tuple(a_quote("1", "9", product=each.id, at_ns=now_ns) for each in PAIR)

    stand.hear(QuotesListed(1, quotes, None), ProductsListed(1, (), True, None))

    assert stand.open == {}
    stand.pass_time(READ_EVERY_NS)
    assert stand.venue.named("list_quotes")
