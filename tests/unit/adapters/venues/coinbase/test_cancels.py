"""Cancels, a hundred ids a call; what the venue certainly did not carry out is sent again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from adapters.venues.transport.inprocess import Reply
from domain.messages.venue import CancelAnswered, CancelResult
from domain.model.instants import SECOND
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue

Query = Mapping[str, Sequence[str]]


def cancelled(_: str, __: str, ___: Query, body: bytes) -> tuple[int, bytes]:
    ids = json.loads(body)["order_ids"]
    results = [{"success": True, "failure_reason": "", "order_id": each} for each in ids]
    return 200, json.dumps({"results": results}).encode()


def test_cancels_go_a_hundred_at_a_time_each_id_once() -> None:
    venue = ScriptedVenue(cancelled)
    ids = tuple(f"o-{number}" for number in range(250))
    venue.client.cancel((*ids, "", "o-3"), 9, ME)
    venue.time.run()
    (answer,) = venue.inbox.of(CancelAnswered)
    assert (answer.token, answer.failure) == (9, None)
    assert answer.results == tuple(CancelResult(each, True, "") for each in ids)
    assert [len(json.loads(body)["order_ids"]) for _, _, _, body in venue.asked] == [100, 100, 50]


@pytest.mark.parametrize("ids", [(), ("",)])
def test_nothing_to_cancel_asks_nothing(ids: tuple[str, ...]) -> None:
    venue = ScriptedVenue(cancelled)
    venue.client.cancel(ids, 9, ME)
    venue.time.run()
    assert venue.inbox.messages == [CancelAnswered(9, (), None)]
    assert venue.asked == []


def test_a_failed_part_of_a_cancel_leaves_its_ids_unknown_and_the_rest_goes_on() -> None:
    answers = [(502, b"<html>"), (200, b"junk")]

    def answer(*asked: Any) -> tuple[int, bytes]:
        return answers.pop(0) if answers else cancelled(*asked)

    venue = ScriptedVenue(answer)
    venue.client.cancel(tuple(f"o-{number}" for number in range(201)), 9, ME)
    venue.time.run()
    (answered,) = venue.inbox.of(CancelAnswered)
    assert [result.order_id for result in answered.results] == ["o-200"]
    assert answered.failure is not None
    assert answered.failure.startswith("HTTP 502; not an answer")


@pytest.mark.req("RB1", "CB1")
def test_a_cancel_that_was_one_too_many_is_sent_again_when_the_venue_takes_it() -> None:
    answers: list[Reply] = [(429, b"", {"retry-after": "3"}), (429, b"", {"retry-after": "3"})]
    venue = ScriptedVenue(lambda *asked: answers.pop(0) if answers else cancelled(*asked))
    venue.client.cancel(("o-1",), 9, ME)
    venue.time.run()
    assert venue.inbox.messages == [CancelAnswered(9, (CancelResult("o-1", True, ""),), None)]
    pauses = [then - first for first, then in pairwise(venue.asked_ns)]
    assert all(SECOND <= each < 3 * SECOND for each in pauses), "it waits for no pause"


@pytest.mark.req("CB1")
@pytest.mark.parametrize("status", [500, 401])
def test_a_cancel_that_may_have_been_carried_out_is_left_to_the_next_list(status: int) -> None:
    venue = ScriptedVenue(lambda *_: (status, b""))
    venue.client.cancel(("o-1",), 9, ME)
    venue.time.run()
    assert venue.inbox.messages == [CancelAnswered(9, (), f"HTTP {status}")]
    assert len(venue.asked) == 1
