"""What is asked before an entry leaves, and how little of the answer is believed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from adapters.venues.coinbase.previews import DEADLINE_NS
from domain.messages.venue import OrderPreviewed
from domain.model.instants import SECOND, Nanos
from domain.model.money import Amount
from tests.builders.messages import NOW, approved
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue

pytestmark = pytest.mark.req("X2", "X5")
ORDER = approved()
END_NS = Nanos(NOW + 45 * SECOND)


def answered(body: Any, status: int = 200) -> tuple[ScriptedVenue, OrderPreviewed]:
    """Return the venue and what was told of its answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    venue = ScriptedVenue(lambda *_: (status, raw))
    venue.client.preview(ORDER, END_NS, 7, ME)
    venue.time.run()
    (told,) = venue.inbox.of(OrderPreviewed)
    return venue, told


def an_answer(**changes: Any) -> dict[str, Any]:
    return {"errs": [], "order_total": "202.4", "commission_total": "2.4", **changes}


def test_the_question_is_the_order_without_an_id_and_asked_once() -> None:
    venue, told = answered(an_answer())

    ((method, path, _, body),) = venue.asked
    assert (method, path) == ("POST", "/orders/preview")
    asked = json.loads(body)
    assert "client_order_id" not in asked
    assert asked["order_configuration"]["limit_limit_gtd"]["post_only"] is True
    assert told == OrderPreviewed(7, (), Amount(Decimal("202.4")), Amount(Decimal("2.4")), None)
    assert DEADLINE_NS == SECOND


def test_what_the_venue_has_against_it_is_told_in_its_words() -> None:
    _, told = answered({"errs": ["PREVIEW_INSUFFICIENT_FUND", {"why": 1}]})

    assert told.errors == ("PREVIEW_INSUFFICIENT_FUND", "{'why': 1}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        {},
        {"errs": None},
        {"errs": []},
        an_answer(order_total=None),
        an_answer(order_total="NaN"),
        an_answer(order_total="-1"),
        an_answer(order_total="1e400"),
        an_answer(order_total=[]),
        an_answer(commission_total=""),
        an_answer(commission_total="much"),
    ],
    ids=repr,
)
def test_an_answer_that_does_not_say_is_no_yes_and_is_counted(body: Any) -> None:
    venue, told = answered(body)

    assert told.failure
    assert not told.errors
    assert [each.reason for each in venue.told]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_refused_question_is_no_yes(status: int) -> None:
    venue, told = answered(b"{}", status)

    assert told.failure
    assert len(venue.asked) == 1, "nobody waits for a second answer"
