"""Claims about questions that are asked again and listings that are read to their end."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.coinbase.paginator import MOST_PAGES, pause_ns
from domain.messages.venue import (
    AccountsListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
    QuotesListed,
)
from domain.model.entries import EntryKind
from domain.model.instants import SECOND
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue

FEES = b'{"fee_tier":{"maker_fee_rate":"0.006","taker_fee_rate":"0.012"}}'
EMPTY = b'{"orders":[],"fills":[],"accounts":[],"products":[],"cursor":"","has_next":false}'


def in_turn(*answers: tuple[int, bytes]) -> Callable[..., tuple[int, bytes]]:
    left = list(answers)
    return lambda *_: left.pop(0) if len(left) > 1 else left[0]


def fees_after(*answers: tuple[int, bytes], draw: float = 0.5) -> tuple[ScriptedVenue, FeesRead]:
    venue = ScriptedVenue(in_turn(*answers), draw=lambda: draw)
    venue.client.read_fees(1, ME)
    venue.time.run()
    (answer,) = venue.inbox.of(FeesRead)
    return venue, answer


@pytest.mark.req("CB1")
@pytest.mark.parametrize("status", [401, 408, 429, 500, 502, 503, 504])
def test_passing_troubles_are_asked_again_three_times(status: int) -> None:
    trouble = (status, b"go/sg/1")
    venue, answer = fees_after(trouble, trouble, trouble, (200, FEES))
    assert answer.failure is None
    assert len(venue.asked) == 4
    venue, answer = fees_after(trouble, trouble, trouble, trouble, (200, FEES))
    assert len(venue.asked) == 4
    assert str(answer.failure).startswith(f"HTTP {status} go/sg/1")
    assert answer.maker is None


@pytest.mark.req("CB1")
def test_the_pauses_double() -> None:
    venue, _ = fees_after((503, b""), draw=0.999999)
    asked = venue.asked_ns
    pauses = [(after - before) / SECOND for before, after in itertools.pairwise(asked)]
    assert [round(pause, 1) for pause in pauses] == [1.0, 2.0, 4.0]


@pytest.mark.req("CB1")
@given(st.integers(0, 40), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_drawn_up_to_the_limit_of_its_try(tries: int, drawn: float) -> None:
    assert 0 <= pause_ns(tries, lambda: drawn) <= min(30, 2**tries) * SECOND
    assert pause_ns(tries, lambda: 0.5) == min(30, 2**tries) * SECOND // 2


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_definite_no_is_not_asked_again(status: int) -> None:
    venue, answer = fees_after((status, b"no"))
    assert len(venue.asked) == 1
    assert answer.failure == f"HTTP {status} no"


@pytest.mark.parametrize("status", [204, 302])
def test_an_answer_that_is_not_the_protocol_is_not_asked_again_and_is_counted(status: int) -> None:
    venue, answer = fees_after((status, b"no"))
    assert len(venue.asked) == 1
    assert answer.failure == f"expected HTTP 200, was {status}"
    (news,) = venue.told
    assert (news.kind, news.names) == (EntryKind.ANSWER, ("/transaction_summary",))


@pytest.mark.req("CB1")
def test_what_takes_its_whole_deadline_each_time_is_not_asked_beyond_three_of_them() -> None:
    venue = ScriptedVenue(lambda *_: None, draw=lambda: 0.999)
    venue.client.read_fees(1, ME)
    venue.time.run()
    (answer,) = venue.inbox.of(FeesRead)
    assert answer.failure == "no answer before the deadline"
    assert len(venue.asked) <= 4
    assert venue.asked_ns[-1] - venue.asked_ns[0] <= 4 * 30 * SECOND


SCOPES = b'{"error":"PERMISSION_DENIED","error_details":"Missing required scopes","message":""}'


@pytest.mark.req("M1")
@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"Unauthorized", "the venue does not accept the key; is it revoked"),
        (403, SCOPES, "the key lacks a right; create one that may view and trade"),
    ],
)
def test_a_key_that_the_venue_refuses_is_named_in_words(
    status: int, body: bytes, words: str
) -> None:
    _, answer = fees_after((status, body))

    assert words in str(answer.failure)


def test_junk_is_a_failure_and_is_not_asked_again() -> None:
    venue, answer = fees_after((200, b"<html>"))
    assert len(venue.asked) == 1
    assert "not an answer of the protocol" in str(answer.failure)


def test_after_close_nothing_is_asked() -> None:
    venue = ScriptedVenue(in_turn((200, FEES)))
    venue.client.close()
    venue.client.read_fees(1, ME)
    venue.time.run()
    assert venue.asked == []
    assert venue.inbox.of(FeesRead)[0].failure == "the connection to the venue is closed"


def test_every_question_is_answered_even_if_the_venue_says_nonsense() -> None:
    nonsense = json.dumps(
        {
            "orders": {"order_id": 1},
            "fills": None,
            "accounts": "none",
            "products": 7,
            "pricebooks": {},
            "fee_tier": {},
        }
    ).encode()
    venue = ScriptedVenue(lambda *_: (200, nonsense))
    ask_everything(venue)
    kinds = (
        OrdersListed,
        FillsListed,
        AccountsListed,
        ProductsListed,
        QuotesListed,
        FeesRead,
        PermissionsRead,
    )
    assert {type(message) for message in venue.inbox.messages} == set(kinds)
    assert all(message.failure for message in venue.inbox.messages)
    assert not any(getattr(message, "is_complete", False) for message in venue.inbox.messages)


def ask_everything(venue: ScriptedVenue) -> None:
    client = venue.client
    client.list_orders(since_ns=None, is_live_only=False, token=1, reply_to=ME)
    client.list_fills(since_ns=None, order_ids=(), token=1, reply_to=ME)
    client.list_accounts(1, ME)
    client.list_products(1, ME)
    client.list_quotes((), 1, ME)
    client.read_fees(1, ME)
    client.read_permissions(1, ME)
    venue.time.run()


# Pages.


def order(number: int) -> dict[str, str]:
    return {
        "order_id": f"o-{number}",
        "client_order_id": f"c-{number}",
        "product_id": "BTC-USD",
        "side": "BUY",
        "status": "OPEN",
        "filled_size": "0",
    }


def listing(answer: Callable[..., tuple[int, bytes]]) -> tuple[ScriptedVenue, OrdersListed]:
    venue = ScriptedVenue(answer)
    venue.client.list_orders(since_ns=None, is_live_only=False, token=5, reply_to=ME)
    venue.time.run()
    (answered,) = venue.inbox.of(OrdersListed)
    return venue, answered


def page(first: int, cursor: str, *, has_next: bool = True) -> tuple[int, bytes]:
    orders = [order(number) for number in range(first, first + 3)]
    return 200, json.dumps({"orders": orders, "cursor": cursor, "has_next": has_next}).encode()


def test_a_listing_is_complete_once_its_last_page_is_read() -> None:
    venue, listed = listing(in_turn(page(0, "a"), page(3, "b/+"), page(6, "c", has_next=False)))
    assert [seen.order_id for seen in listed.orders] == [f"o-{number}" for number in range(9)]
    assert (listed.token, listed.is_complete, listed.failure) == (5, True, None)
    assert [query.get("cursor") for _, _, query, _ in venue.asked] == [None, ["a"], ["b/+"]]


def test_a_repeated_page_ends_the_listing_incomplete() -> None:
    venue, listed = listing(in_turn(page(0, "a"), page(3, "b"), page(6, "a")))
    assert (listed.is_complete, listed.failure) == (False, "the venue repeats a page")
    assert len(listed.orders) == 9
    assert len(venue.asked) == 3


def test_a_listing_without_end_is_ended() -> None:
    numbers = iter(range(10**6))

    def endless(*_: Any) -> tuple[int, bytes]:
        return page(0, f"cursor-{next(numbers)}")

    venue, listed = listing(endless)
    assert len(venue.asked) == MOST_PAGES
    assert listed.failure == f"more than {MOST_PAGES} pages"
    assert not listed.is_complete


def test_a_listing_that_takes_too_long_is_ended() -> None:
    numbers = iter(range(10**6))
    slow: list[ScriptedVenue] = []

    def answer(*_: Any) -> tuple[int, bytes]:
        venue = slow[0]
        venue.time.now_ns = type(venue.time.now_ns)(venue.time.now_ns + 25 * SECOND)
        return page(0, f"cursor-{next(numbers)}")

    slow.append(ScriptedVenue(answer))
    slow[0].client.list_orders(since_ns=None, is_live_only=False, token=5, reply_to=ME)
    slow[0].time.run()
    (listed,) = slow[0].inbox.of(OrdersListed)
    assert listed.failure == "not read within 120 s"


def test_a_failure_in_the_middle_makes_the_listing_incomplete() -> None:
    _, listed = listing(in_turn(page(0, "a"), (404, b"gone")))
    assert (len(listed.orders), listed.is_complete, listed.failure) == (3, False, "HTTP 404 gone")


def test_a_listing_that_goes_on_but_does_not_say_where_is_incomplete() -> None:
    _, listed = listing(in_turn(page(0, "a"), page(3, "")))
    assert not listed.is_complete
    assert "expected a cursor with has_next" in (listed.failure or "")


def test_products_follow_their_own_kind_of_cursor() -> None:
    pages = {"next_cursor": "p2", "has_next": True, "prev_cursor": "", "has_prev": False}
    first = json.dumps({"products": [], "pagination": pages}).encode()
    venue = ScriptedVenue(in_turn((200, first), (200, b'{"products":[],"pagination":null}')))
    venue.client.list_products(1, ME)
    venue.time.run()
    assert venue.inbox.of(ProductsListed)[0].is_complete
    assert venue.asked[1][2]["cursor"] == ["p2"]
