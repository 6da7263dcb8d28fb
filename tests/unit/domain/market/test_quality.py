"""Only fresh data of a whole book on an unbroken connection are a price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.market.price_state import ANSWER_WITHIN_NS
from domain.market.quality import (
    ALERT_EVERY_NS,
    CROSSED_LIMIT_NS,
    OVERTAKEN_NS,
    RECONFIRM_BEFORE_NS,
    REPUBLISH_AFTER_NS,
    SUSPECT,
    Effect,
    MarketQuality,
    Reread,
    StartAnew,
    Trusted,
)
from domain.messages.control import AlertRaised
from domain.messages.market import (
    BidMoved,
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    FeedRecovered,
    FeedStalled,
    MarketEvent,
    MarketFrame,
    QuoteMoved,
)
from domain.messages.venue import QuotesListed
from domain.model.instants import SECOND, Nanos
from domain.model.market import Level, Quote
from domain.model.money import Price
from domain.model.product import ProductId
from tests.builders.messages import BTC, ETH, NOW, a_level, a_quote

LIMIT = Nanos(5 * SECOND)
MACHINE = Nanos(70 * SECOND)
ASKED = Reread((BTC,))
pytestmark = pytest.mark.req("ST1")


def at(seconds: float) -> Nanos:
    return Nanos(NOW + int(seconds * SECOND))


def snapshot(bid: str = "100", ask: str = "100.10", product: ProductId = BTC) -> MarketEvent:
    return BookSnapshotSeen(product, (a_level(bid, "5"),), (a_level(ask, "5"),))


def frame(*events: MarketEvent, at_ns: int = NOW) -> MarketFrame:
    return MarketFrame(1, 0, Nanos(at_ns), events)


def heard(quality: MarketQuality, frame: MarketFrame, now_ns: Nanos) -> list[Effect]:
    """Let the present connection say this frame; return what follows of its books."""
    effects: list[Effect] = []
    for event in frame.events:
        assert isinstance(event, BookSnapshotSeen | BookChanged)
        effects += quality.book(event, frame.sent_ns, now_ns)
    return effects


def watching(*products: ProductId, is_trusted: bool = True) -> MarketQuality:
    quality = MarketQuality(LIMIT, is_trusted=is_trusted)
    quality.watch(products or (BTC,))
    quality.begin_anew(NOW)
    return quality


def live(*products: ProductId, is_trusted: bool = True) -> MarketQuality:
    """Return qualities of products that have had their first book."""
    quality = watching(*(products or (BTC,)), is_trusted=is_trusted)
    heard(quality, frame(*(snapshot(product=each) for each in products or (BTC,))), NOW)
    return quality


def too_old(quality: MarketQuality, now_ns: Nanos, machine_ns: int = MACHINE) -> list[Effect]:
    """Return what a check says when REST has been asked and said nothing for a while."""
    quality.check(now_ns, Nanos(machine_ns - ANSWER_WITHIN_NS - 1))
    return [*quality.check(now_ns, Nanos(machine_ns))]


def reading(bid: str = "100", ask: str = "100.10", *, at_ns: int, product: str = BTC) -> Quote:
    return a_quote(bid, ask, product=product, at_ns=at_ns)


def answer(*quotes: Quote, failure: str | None = None) -> QuotesListed:
    return QuotesListed(1, quotes, failure)


def test_the_first_whole_book_is_the_first_quote() -> None:
    quality = watching()
    assert quality.warming == (BTC,)

    effects = heard(quality, frame(snapshot()), NOW)

    assert effects == [QuoteMoved(a_quote())]
    assert not quality.warming


def test_changes_of_a_book_that_is_not_there_are_no_quote() -> None:
    change = BookChanged(BTC, (a_level("99"),), (a_level("101"),))

    assert heard(watching(), frame(change), NOW) == []


def test_products_that_nobody_asked_for_are_no_quote() -> None:
    assert heard(watching(), frame(snapshot(product=ETH)), NOW) == []


def test_an_unchanged_price_is_told_again_after_a_second() -> None:
    quality = live()
    same = BookChanged(BTC, (a_level("99"),), ())

    assert heard(quality, frame(same, at_ns=NOW + REPUBLISH_AFTER_NS - 1), NOW) == []
    (again,) = heard(quality, frame(same, at_ns=NOW + REPUBLISH_AFTER_NS), NOW)

    assert isinstance(again, QuoteMoved)
    assert again.quote.at_ns == NOW + REPUBLISH_AFTER_NS


def test_a_new_price_is_told_at_once() -> None:
    better = BookChanged(BTC, (a_level("100.05"),), ())

    (moved,) = heard(live(), frame(better, at_ns=NOW + 1), NOW)

    assert isinstance(moved, QuoteMoved)
    assert moved.quote.bid == Decimal("100.05")


def test_a_lost_stream_stalls_every_product_once() -> None:
    quality = live(BTC, ETH)

    effects = quality.lost("gap", at(2))

    age_ns = Nanos(2 * SECOND)
    assert effects == (FeedStalled(BTC, "gap", age_ns), FeedStalled(ETH, "gap", age_ns))
    assert quality.lost("gap again", at(3)) == ()


def test_a_book_that_cannot_be_followed_stalls_its_product_and_no_other() -> None:
    quality = live(BTC, ETH)

    effects = quality.book_lost(BookLost(BTC, "side: expected bid or offer"), at(1))
    (stall,) = effects
    assert isinstance(stall, FeedStalled)
    assert stall.product == BTC
    assert "can't be followed" in stall.reason

    found = heard(quality, frame(snapshot("100", "101", BTC), at_ns=at(2)), at(2))
    assert FeedRecovered(BTC) in found


def test_a_book_does_not_outlive_its_connection() -> None:
    quality = live()
    quality.lost("gap", at(1))
    quality.begin_anew(at(2))
    change = BookChanged(BTC, (a_level("100.05"),), ())

    assert heard(quality, frame(change, at_ns=at(2)), at(2)) == []

    quality.begin_anew(at(3))
    assert heard(quality, frame(change, at_ns=at(3)), at(3)) == []


def test_a_stalled_product_recovers_by_a_whole_book() -> None:
    quality = live()
    quality.lost("gap", at(1))
    quality.begin_anew(at(2))

    effects = heard(quality, frame(snapshot(), at_ns=at(2)), at(2))

    assert effects == [QuoteMoved(a_quote(at_ns=at(2))), FeedRecovered(BTC)]
    assert quality.stalls() == ()


def test_an_empty_side_is_no_quote() -> None:
    quality = live()

    effects = heard(quality, frame(BookChanged(BTC, (a_level("100", "0"),), ())), NOW)

    assert not [effect for effect in effects if isinstance(effect, QuoteMoved)]
    assert quality.warming == (BTC,)
    assert quality.quotes() == ()


def test_a_book_without_offers_gives_exits_its_bid_and_entries_nothing() -> None:
    quality = live()
    no_offers = BookChanged(BTC, (), (a_level("100.10", "0"),))

    first = heard(quality, frame(no_offers, at_ns=at(1)), at(1))
    same = heard(quality, frame(BookChanged(BTC, (a_level("90"),), ()), at_ns=at(1.5)), at(1.5))
    falls = heard(
        quality,
        frame(BookChanged(BTC, (a_level("100", "0"), a_level("96")), ()), at_ns=at(1.6)),
        at(1.6),
    )
    again = heard(quality, frame(BookChanged(BTC, (a_level("95"),), ()), at_ns=at(3)), at(3))

    assert first == [
        FeedStalled(BTC, "nobody offers", Nanos(0), SUSPECT),
        BidMoved(BTC, Price(Decimal(100)), at(1), at(1)),
    ]
    assert same == []
    assert falls == [BidMoved(BTC, Price(Decimal(96)), at(1.6), at(1.6))]
    assert again == [BidMoved(BTC, Price(Decimal(96)), at(3), at(3))]
    back = heard(quality, frame(snapshot("96", "97"), at_ns=at(4)), at(4))
    assert [type(effect) for effect in back] == [QuoteMoved, FeedRecovered]


@pytest.mark.parametrize(
    ("asks", "reason"), [((), "nobody bids or offers"), ((a_level("101"),), "nobody bids")]
)
def test_a_book_without_bids_stalls_its_product_at_once(
    asks: tuple[Level, ...], reason: str
) -> None:
    quality = live()
    gone = BookSnapshotSeen(BTC, (), asks)

    effects = heard(quality, frame(gone, at_ns=at(1)), at(1))

    assert effects == [FeedStalled(BTC, reason, Nanos(0), SUSPECT)]
    assert heard(quality, frame(gone, at_ns=at(2)), at(2)) == []


@pytest.mark.parametrize("bid", ["100.10", "100.20"])
def test_a_crossed_book_is_no_quote(bid: str) -> None:
    assert heard(live(), frame(BookChanged(BTC, (a_level(bid),), ())), NOW) == []


def test_a_book_that_stays_crossed_stalls_and_wants_a_new_connection() -> None:
    quality = live()
    crossing = BookChanged(BTC, (a_level("100.20"),), ())

    assert heard(quality, frame(crossing), NOW) == []
    assert heard(quality, frame(crossing, at_ns=NOW + CROSSED_LIMIT_NS), NOW) == []
    effects = heard(quality, frame(crossing, at_ns=NOW + CROSSED_LIMIT_NS + 1), at(1))

    stalled = FeedStalled(BTC, "book crossed", Nanos(SECOND), SUSPECT)
    assert effects == [stalled, StartAnew("book of BTC-USD crossed")]


def test_a_book_that_uncrosses_in_time_begins_to_count_anew() -> None:
    quality = live()
    crossing = BookChanged(BTC, (a_level("100.20"),), ())
    heard(quality, frame(crossing), NOW)
    heard(quality, frame(BookChanged(BTC, (a_level("100.20", "0"),), ()), at_ns=at(1)), at(1))

    assert heard(quality, frame(crossing, at_ns=at(1.5)), at(1.5)) == []


def test_an_aging_quote_is_read_again_before_it_is_too_old() -> None:
    quality = live()
    due_ns = Nanos(NOW + LIMIT - RECONFIRM_BEFORE_NS)

    assert quality.check(due_ns, MACHINE) == ()
    assert quality.check(Nanos(due_ns + 1), MACHINE) == (Reread((BTC,)),)
    assert quality.check(Nanos(due_ns + 2), MACHINE) == ()


def test_after_an_answer_of_any_kind_it_can_be_read_again() -> None:
    quality = live()
    quality.check(at(4), MACHINE)

    assert quality.confirm(ASKED, answer(failure="HTTP 500"), at(4.2), MACHINE) == ()

    assert quality.check(at(4.5), MACHINE) == (Reread((BTC,)),)


def test_a_quote_beyond_the_limit_is_stalled_and_a_person_is_told() -> None:
    quality = live()

    assert quality.check(Nanos(NOW + LIMIT), MACHINE) == (Reread((BTC,)),)
    later = Nanos(MACHINE + ANSWER_WITHIN_NS + 1)
    stalled, alert = quality.check(Nanos(NOW + LIMIT + 1), later)

    assert stalled == FeedStalled(BTC, "quote too old", Nanos(LIMIT + 1))
    assert isinstance(alert, AlertRaised)
    assert alert.code == "STALENESS"


def test_a_quote_that_rest_confirms_is_fresh() -> None:
    quality = live()

    effects = quality.confirm(ASKED, answer(reading(at_ns=at(4))), at(4), MACHINE)

    assert effects == (QuoteMoved(evolve(a_quote(), confirmed_ns=at(4))),)
    assert quality.check(Nanos(at(4) + LIMIT), MACHINE) == (Reread((BTC,)),)


def test_a_stalled_quote_recovers_as_rest_confirms_it() -> None:
    quality = live()
    too_old(quality, at(6))

    effects = quality.confirm(ASKED, answer(reading(at_ns=at(7))), at(7), MACHINE)

    assert effects[-1] == FeedRecovered(BTC, was_told=True)


def test_a_reading_older_than_our_quote_confirms_nothing() -> None:
    quality = live()
    too_old(quality, at(6))

    assert quality.confirm(ASKED, answer(reading(at_ns=NOW)), at(6), MACHINE) == ()
    assert quality.stalls() != ()


def test_another_price_by_rest_means_that_the_stream_is_frozen_once_it_has_got_there() -> None:
    quality = live()

    (moved,) = quality.confirm(ASKED, answer(reading("90", "90.1", at_ns=at(4))), at(4), MACHINE)
    assert isinstance(moved, BidMoved)
    assert quality.reached(Nanos(at(4) + OVERTAKEN_NS - 1), at(4.3)) == ()
    stalled, alert = quality.reached(Nanos(at(4) + OVERTAKEN_NS), at(4.3))

    assert isinstance(stalled, FeedStalled)
    assert stalled.reason.startswith("stream frozen")
    assert isinstance(alert, AlertRaised)
    assert quality.reached(at(5), at(5)) == ()
    again = quality.confirm(ASKED, answer(reading("90", "90.1", at_ns=at(5))), at(5), MACHINE)
    assert [type(each) for each in again] == [BidMoved]
    assert quality.reached(at(6), at(6)) == ()


@pytest.mark.parametrize("told_s", [3.9, 4, 4.2])
def test_a_stream_that_brings_later_what_rest_showed_before_is_not_frozen(told_s: float) -> None:
    quality = live()
    now = at(4.9)
    quality.confirm(ASKED, answer(reading("90", "90.1", at_ns=at(4))), now, MACHINE)

    heard(quality, frame(snapshot("90", "90.1"), at_ns=at(told_s)), now)
    effects = quality.reached(now, now)

    assert not any(isinstance(each, FeedStalled | AlertRaised) for each in effects)
    assert quality.stalls() == ()


def test_what_rest_showed_of_an_older_connection_says_nothing_about_the_next() -> None:
    quality = live()
    quality.confirm(ASKED, answer(reading("90", "90.1", at_ns=at(4))), at(4), MACHINE)

    quality.begin_anew(at(4.1))

    assert quality.reached(at(4.5), at(4.5)) == ()


def test_a_frozen_stream_with_heartbeats_is_stalled_within_the_limit() -> None:
    quality = live()
    is_asked, frozen = False, None
    for second in range(1, 6):  # the slowest order of things: an answer waits for the next beat
        now, machine = at(second), Nanos(MACHINE + second * SECOND)
        if is_asked:
            quality.confirm(ASKED, answer(reading("90", "91", at_ns=now)), now, machine)
            is_asked = False
        is_asked = Reread((BTC,)) in quality.check(now, machine)
        if any(isinstance(each, FeedStalled) for each in quality.reached(now, now)):
            frozen = frozen or now

    assert frozen is not None
    assert frozen <= NOW + LIMIT


def test_a_quote_is_not_given_up_while_rest_is_being_asked() -> None:
    quality = live()

    assert quality.check(at(6), MACHINE) == (Reread((BTC,)),)
    assert quality.check(at(7), Nanos(MACHINE + ANSWER_WITHIN_NS)) == ()
    (moved,) = quality.confirm(ASKED, answer(reading(at_ns=at(6.5))), at(7), MACHINE)

    assert isinstance(moved, QuoteMoved)
    assert quality.stalls() == ()


@pytest.mark.parametrize(
    "said", [answer(failure="HTTP 500"), answer(), answer(reading("90", "91", at_ns=at(6)))]
)
def test_who_has_had_an_answer_that_confirms_nothing_waits_for_no_other(
    said: QuotesListed,
) -> None:
    quality = live()
    quality.check(at(4.9), MACHINE)
    quality.confirm(ASKED, said, at(4.9), MACHINE)

    effects = quality.check(at(5.1), MACHINE)

    assert [type(each) for each in effects] == [FeedStalled, AlertRaised, Reread]


def test_no_product_waits_for_the_answer_about_another() -> None:
    quality = live(BTC, ETH)
    heard(quality, frame(snapshot(product=ETH), at_ns=at(1)), at(1))

    assert quality.check(at(2.5), MACHINE) == (Reread((BTC,)),)
    assert quality.check(at(3.5), MACHINE) == (Reread((ETH,)),)
    quality.confirm(ASKED, answer(reading(at_ns=at(3.5))), at(3.5), MACHINE)
    assert quality.check(at(6), MACHINE) == (Reread((BTC,)),)


def test_exits_get_the_bid_that_rest_shows_while_the_stream_is_frozen() -> None:
    quality = live()
    for second in (4, 5, 6):
        effects = quality.confirm(
            ASKED, answer(reading("90", "91", at_ns=at(second))), at(second), MACHINE
        )
        assert effects[-1] == BidMoved(BTC, Price(Decimal(90)), at(second), at(second))
        assert not [each for each in effects if isinstance(each, QuoteMoved)]


def test_one_alert_a_minute_says_enough() -> None:
    quality = live()

    def alerts(seconds: float, machine_ns: int) -> int:
        heard(quality, frame(snapshot(), at_ns=at(seconds)), at(seconds))
        effects = too_old(quality, at(seconds + 6), machine_ns)
        quality.confirm(ASKED, answer(failure="HTTP 500"), at(seconds + 6), Nanos(machine_ns))
        return sum(isinstance(each, AlertRaised) for each in effects)

    assert alerts(0, MACHINE) == 1
    assert alerts(10, MACHINE + ALERT_EVERY_NS - 1) == 0
    assert alerts(20, MACHINE + ALERT_EVERY_NS) == 1


def test_a_stall_that_lasts_is_told_as_soon_as_the_minute_is_over_and_so_is_its_end() -> None:
    quality = live()
    too_old(quality, at(6))
    (_, first_end) = heard(quality, frame(snapshot(), at_ns=at(10)), at(10))
    assert first_end == FeedRecovered(BTC, was_told=True)

    (untold,) = quality.check(at(20), Nanos(MACHINE + 1))[:1]
    assert isinstance(untold, FeedStalled)
    assert not [each for each in quality.check(at(21), Nanos(MACHINE + 2)) if told(each)]
    assert [each for each in quality.check(at(90), Nanos(MACHINE + ALERT_EVERY_NS)) if told(each)]
    assert not [
        each for each in quality.check(at(91), Nanos(MACHINE + 2 * ALERT_EVERY_NS)) if told(each)
    ]
    (_, end) = heard(quality, frame(snapshot(), at_ns=at(100)), at(100))
    assert end == FeedRecovered(BTC, was_told=True)


def test_the_end_of_a_stall_that_nobody_was_told_of_is_not_told_either() -> None:
    quality = live()
    too_old(quality, at(6))
    heard(quality, frame(snapshot(), at_ns=at(10)), at(10))
    quality.check(at(20), Nanos(MACHINE + 1))

    (_, end) = heard(quality, frame(snapshot(), at_ns=at(21)), at(21))

    assert end == FeedRecovered(BTC, was_told=False)


def told(effect: object) -> bool:
    return isinstance(effect, AlertRaised)


def test_a_newcomer_is_told_quotes_and_stalls() -> None:
    quality = live(BTC, ETH)
    quality.lost("gap", at(1))
    quality.begin_anew(at(2))
    heard(quality, frame(snapshot(product=ETH), at_ns=at(2)), at(2))

    assert [each.quote.product for each in quality.quotes()] == [BTC, ETH]
    assert quality.stalls() == (FeedStalled(BTC, "gap", Nanos(0)),)


def test_a_fresh_incarnation_is_trusted_once_rest_agrees() -> None:
    quality = live(is_trusted=False)
    assert quality.check(at(4.9), MACHINE) == (Reread((BTC,)),)  # for its age alone
    heard(quality, frame(snapshot(), at_ns=at(5)), at(5))
    quality.confirm(ASKED, answer(failure="HTTP 500"), at(5), MACHINE)
    assert quality.check(at(5), MACHINE) == (Reread((BTC,)),)

    effects = quality.confirm(ASKED, answer(reading(at_ns=at(5))), at(5), MACHINE)

    assert [each for each in effects if isinstance(each, Trusted)] == [
        Trusted("1 quotes within 0 bps of REST, no gap")
    ]
    assert quality.check(at(6), MACHINE) == ()


def test_a_fresh_incarnation_that_rest_contradicts_or_knows_in_part_is_not_trusted() -> None:
    quality = live(BTC, ETH, is_trusted=False)

    far = (reading("90", "90.1", at_ns=NOW), reading(product=ETH, at_ns=NOW))
    effects = quality.confirm(ASKED, answer(*far), at(1), MACHINE)
    effects += quality.confirm(ASKED, answer(far[1]), at(1), MACHINE)

    assert not any(isinstance(each, Trusted) for each in effects)


class Listener(RuleBasedStateMachine):
    """Plays a stream and REST at random, and believes what is said as the risk gate does."""

    def __init__(self) -> None:
        super().__init__()
        self.quality = MarketQuality(LIMIT, is_trusted=True)
        self.quality.watch((BTC, ETH))
        self.now = int(NOW)
        self.machine = int(MACHINE)
        self.is_open = False
        self.whole: set[ProductId] = set()
        self.quotes: dict[ProductId, Quote] = {}
        self.stalled: set[ProductId] = set()
        self.fresh: set[ProductId] = set()
        self.has_checked = False

    def believe(self, effects: tuple[Effect, ...] | list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, QuoteMoved):
                assert effect.quote.bid < effect.quote.ask, "a crossed book is no quote"
                product = effect.quote.product
                assert product in self.fresh, "a quote without fresh data"
                self.quotes[product] = effect.quote
            elif isinstance(effect, FeedStalled):
                assert effect.product not in self.stalled, "stalled twice"
                self.stalled.add(effect.product)
            elif isinstance(effect, FeedRecovered):
                assert effect.product in self.stalled, "recovered from nothing"
                assert effect.product in self.fresh, "recovered without fresh data"
                self.stalled.discard(effect.product)

    @rule(tenths=st.integers(1, 40))
    def time_passes(self, tenths: int) -> None:
        self.now += tenths * SECOND // 10
        self.machine += tenths * SECOND // 10
        self.fresh.clear()
        self.has_checked = False

    @rule()
    def a_connection_opens(self) -> None:
        self.quality.begin_anew(Nanos(self.now))
        self.is_open = True
        self.whole.clear()
        self.fresh.clear()

    @rule()
    def the_connection_is_lost(self) -> None:
        self.believe(self.quality.lost("gap", Nanos(self.now)))
        self.is_open = False
        self.whole.clear()
        self.fresh.clear()
        assert self.stalled == {BTC, ETH}

    @precondition(lambda self: self.is_open)
    @rule(
        product=st.sampled_from([BTC, ETH]),
        whole=st.booleans(),
        bid=st.integers(98, 102),
        ask=st.integers(98, 102),
        amount=st.integers(0, 1),
    )
    def a_book_is_heard(
        self, product: ProductId, whole: bool, bid: int, ask: int, amount: int
    ) -> None:
        levels = (a_level(str(bid), str(amount)),), (a_level(str(ask)),)
        event = BookSnapshotSeen(product, *levels) if whole else BookChanged(product, *levels)
        if whole:
            self.whole.add(product)
        if product in self.whole:
            self.fresh.add(product)
        self.believe(heard(self.quality, frame(event, at_ns=self.now), Nanos(self.now)))

    @rule(product=st.sampled_from([BTC, ETH]), bid=st.integers(98, 101), late=st.integers(0, 9))
    def rest_answers(self, product: ProductId, bid: int, late: int) -> None:
        at_ns = self.now - late * SECOND
        seen = reading(str(bid), str(bid + 1), at_ns=at_ns, product=product)
        ours = self.quotes.get(product)
        is_newer = ours is not None and ours.at_ns < at_ns
        if is_newer and ours is not None and (ours.bid, ours.ask) == (seen.bid, seen.ask):
            self.fresh.add(product)
        effects = self.quality.confirm(
            Reread((product,)), answer(seen), Nanos(self.now), Nanos(self.machine)
        )
        self.believe(effects)

    @precondition(lambda self: self.is_open)
    @rule()
    def a_heartbeat_is_heard(self) -> None:
        effects = self.quality.reached(Nanos(self.now), Nanos(self.now))
        self.fresh.update(each.quote.product for each in effects if isinstance(each, QuoteMoved))
        self.believe(effects)

    @rule()
    def its_age_is_looked_at_for_as_long_as_rest_may_take(self) -> None:
        self.believe(self.quality.check(Nanos(self.now), Nanos(self.machine)))
        self.machine += ANSWER_WITHIN_NS + 1
        self.believe(self.quality.check(Nanos(self.now), Nanos(self.machine)))
        self.has_checked = True

    @invariant()
    def a_quote_older_than_the_limit_is_never_live(self) -> None:
        if not self.has_checked:
            return
        for moved in self.quality.quotes():
            product, age_ns = moved.quote.product, self.now - moved.quote.confirmed_ns
            assert age_ns <= LIMIT or product in self.stalled

    @invariant()
    def it_says_itself_what_it_has_told(self) -> None:
        assert {each.product for each in self.quality.stalls()} == self.stalled


TestWhatAListenerBelieves = Listener.TestCase
TestWhatAListenerBelieves.settings = settings(max_examples=60, stateful_step_count=30)
