"""Who has no price asks REST, one question at a time and not more than one a second."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import ANSWER_LIMIT_NS
from actors.trading.quote_polls import POLL_EVERY_NS, QuotePolls
from domain.messages.venue import QuotesListed
from domain.model.instants import SECOND, Nanos
from tests.builders.messages import BTC, ETH, NOW, a_quote
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("O1", "X6")
TO = ReplyTo("exits")


def test_all_products_are_asked_for_in_one_call_and_nothing_where_none_lacks() -> None:
    venue = RecordingVenue()
    polls = QuotePolls(venue, 1)

    polls.ask((), 0, TO)
    polls.ask({ETH, BTC}, 0, TO)

    assert [call.about["products"] for call in venue.named("list_quotes")] == [(BTC, ETH)]


def test_one_question_waits_at_a_time_and_the_next_comes_a_second_later() -> None:
    venue = RecordingVenue()
    polls = QuotePolls(venue, 1)
    polls.ask({BTC}, 0, TO)

    polls.ask({BTC}, 10 * POLL_EVERY_NS, TO)
    assert len(venue.named("list_quotes")) == 1, "it has not been answered"

    token = venue.last("list_quotes").token
    polls.read(QuotesListed(token, (), None), NOW, 0)
    polls.ask({BTC}, POLL_EVERY_NS - 1, TO)
    assert len(venue.named("list_quotes")) == 1, "it is too soon"
    polls.ask({BTC}, POLL_EVERY_NS, TO)
    assert len(venue.named("list_quotes")) == 2


def test_a_question_that_is_lost_keeps_nobody_from_asking_for_ever() -> None:
    venue = RecordingVenue()
    polls = QuotePolls(venue, 1)
    polls.ask({BTC}, 0, TO)

    polls.ask({BTC}, ANSWER_LIMIT_NS + 1, TO)

    assert len(venue.named("list_quotes")) == 2


def test_an_answer_is_bids_and_what_is_of_the_future_is_none() -> None:
    polls = QuotePolls(RecordingVenue(), 1)
    ahead = a_quote("7", "8", product=ETH, at_ns=NOW + 2 * SECOND)
    near = evolve(ahead, product=BTC, at_ns=Nanos(NOW + SECOND))

    (bid,) = polls.read(QuotesListed(99, (ahead, near), None), NOW, SECOND)

    assert (bid.product, bid.bid, bid.at_ns, bid.doubt) == (BTC, Decimal(7), NOW, None)
