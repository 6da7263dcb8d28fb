"""Counts and times of many threads, none of them lost, in bounded memory."""

from __future__ import annotations

import threading

import pytest

from actors.kernel.meters import MOST_LABELS, OTHER, Meters
from domain.model.instants import MILLISECOND
from domain.model.meters import CountKind, Timed, TimeKind

pytestmark = pytest.mark.req("OB1")

REQUEST = TimeKind.REQUEST


def test_what_is_counted_is_read_by_its_labels() -> None:
    meters = Meters()
    for outcome in ("200", "429", "200"):
        meters.count(CountKind.REQUESTS, "GET /x", outcome)
    meters.count(CountKind.PROCESS_GAPS)

    assert meters.read().counts == {
        (CountKind.REQUESTS, ("GET /x", "200")): 2,
        (CountKind.REQUESTS, ("GET /x", "429")): 1,
        (CountKind.PROCESS_GAPS, ()): 1,
    }


def test_times_are_taken_once_and_stay_to_be_read() -> None:
    meters = Meters()
    meters.time(REQUEST, "b", MILLISECOND)
    meters.time(REQUEST, "a", MILLISECOND)
    meters.time(TimeKind.CYCLE, "cycle", MILLISECOND)

    assert meters.take() == (Timed(REQUEST, "a", ((1_000, 1),)), Timed(REQUEST, "b", ((1_000, 1),)))
    assert meters.take() == ()
    meters.time(REQUEST, "a", 2 * MILLISECOND)
    assert meters.take() == (Timed(REQUEST, "a", ((2_000, 1),)),)
    assert meters.read().times[REQUEST, "a"] == ((1_000, 1), (2_000, 1))
    assert meters.read().times[TimeKind.CYCLE, "cycle"] == ((1_000, 1),)


def test_what_was_read_does_not_change_any_more() -> None:
    meters = Meters()
    meters.count(CountKind.FILLS, "buy")
    before = meters.read()
    meters.count(CountKind.FILLS, "buy")

    assert before.counts[CountKind.FILLS, ("buy",)] == 1


def test_memory_is_bounded_however_many_names_there_are() -> None:
    meters = Meters()
    for number in range(MOST_LABELS + 10):
        meters.count(CountKind.REFUSALS, f"rule {number}")
        meters.time(REQUEST, f"endpoint {number}", 1)

    found = meters.read()
    assert len(found.counts) == len(found.times) == MOST_LABELS + 1
    assert found.counts[CountKind.REFUSALS, (OTHER,)] == 10
    assert found.times[REQUEST, OTHER] == ((1, 10),)


def test_threads_lose_nothing_to_each_other() -> None:
    meters, taken = Meters(), list[Timed]()

    def work() -> None:
        for _ in range(500):
            meters.count(CountKind.FILLS, "buy")
            meters.time(REQUEST, "a", MILLISECOND)
            taken.extend(meters.take())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert meters.read().counts[CountKind.FILLS, ("buy",)] == 2_000
    assert meters.read().times[REQUEST, "a"] == ((1_000, 2_000),)
    assert sum(count for each in taken for _, count in each.cells) == 2_000
