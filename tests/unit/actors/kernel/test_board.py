from __future__ import annotations

import random
import sys
import threading

import pytest

from actors.kernel.board import FLAPS_PER_HOUR, BoardEvent, BreakerBoard
from domain.messages.supervision import BreakerReset, BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Effect, Scope
from domain.model.instants import HOUR, MINUTE, Nanos
from tests.builders.messages import NOW, a_breaker

THREADS, ROUNDS = 8, 1_000


@pytest.fixture
def board() -> BreakerBoard:
    return BreakerBoard()


def listen(board: BreakerBoard) -> list[BoardEvent]:
    told: list[BoardEvent] = []
    board.on_change(told.append)
    return told


def effect(board: BreakerBoard) -> Effect | None:
    strongest = board.strongest()
    return None if strongest is None else strongest.effect


def test_nothing_is_open_at_first(board: BreakerBoard) -> None:
    assert board.open == ()
    assert board.strongest() is None


def test_a_trip_opens_and_tells(board: BreakerBoard) -> None:
    told, breaker = listen(board), a_breaker()

    assert board.trip(breaker)

    assert board.open == (breaker,)
    assert told == [BreakerTripped(breaker)]


def test_the_same_trip_again_changes_and_tells_nothing(board: BreakerBoard) -> None:
    board.trip(a_breaker())
    told = listen(board)

    assert not board.trip(a_breaker(reason="once more", at_ns=Nanos(NOW + 1)))

    assert board.open == (a_breaker(),)
    assert told == []


def test_a_stronger_trip_replaces_the_reason_and_keeps_the_time(board: BreakerBoard) -> None:
    board.trip(a_breaker(Effect.BLOCK))

    assert board.trip(a_breaker(Effect.HALT, reason="worse", at_ns=Nanos(NOW + 1)))

    assert board.open == (a_breaker(Effect.HALT, reason="worse"),)


def test_a_weaker_trip_does_not_weaken(board: BreakerBoard) -> None:
    board.trip(a_breaker(Effect.HALT))

    assert not board.trip(a_breaker(Effect.BLOCK))

    assert effect(board) is Effect.HALT


def test_a_latch_is_added_to_an_open_breaker(board: BreakerBoard) -> None:
    board.trip(a_breaker(Effect.HALT))
    told = listen(board)

    assert board.trip(a_breaker(Effect.HALT, is_latched=True, reason="now for good"))

    latched = a_breaker(Effect.HALT, is_latched=True, reason="now for good")
    assert board.latched() == (latched,)
    assert told == [BreakerTripped(latched)]


@pytest.mark.parametrize(
    ("first", "second"), [(Effect.BLOCK, Effect.HALT), (Effect.HALT, Effect.BLOCK)]
)
@pytest.mark.parametrize("latched_first", [True, False])
def test_neither_latch_nor_effect_is_lost_when_two_trips_meet(
    board: BreakerBoard, first: Effect, second: Effect, latched_first: bool
) -> None:
    board.trip(a_breaker(first, is_latched=latched_first))
    board.trip(a_breaker(second, is_latched=not latched_first))

    (breaker,) = board.open
    assert (breaker.effect, breaker.is_latched) == (Effect.HALT, True)


def test_proof_closes_what_is_not_latched(board: BreakerBoard) -> None:
    board.trip(a_breaker())
    told = listen(board)

    assert board.reset("drill", GLOBAL, by="proof", evidence="seen")

    assert board.open == ()
    assert told == [BreakerReset("drill", "global", "proof", "seen")]


def test_only_the_operator_closes_a_latched_breaker(board: BreakerBoard) -> None:
    board.trip(a_breaker(is_latched=True))
    told = listen(board)

    assert not board.reset("drill", GLOBAL, by="proof", evidence="seen")
    assert told == []
    assert board.reset("drill", GLOBAL, by="operator", evidence="checked")

    assert board.open == ()


def test_closing_what_is_not_open_changes_nothing(board: BreakerBoard) -> None:
    board.trip(a_breaker(scope="venue"))
    told = listen(board)

    assert not board.reset("drill", GLOBAL, by="operator", evidence="checked")

    assert (len(board.open), told) == (1, [])


def test_the_strongest_is_asked_of_the_global_ones_only(board: BreakerBoard) -> None:
    board.trip(a_breaker(Effect.HALT, scope="product:BTC-USD"))
    board.trip(a_breaker(Effect.BLOCK, scope="global", name="other"))

    assert effect(board) is Effect.BLOCK


def test_of_equal_effects_the_first_opened_is_named(board: BreakerBoard) -> None:
    board.trip(a_breaker(name="first"))
    board.trip(a_breaker(name="second"))

    strongest = board.strongest()
    assert strongest is not None
    assert strongest.name == "first"


def test_restored_breakers_are_open_and_nobody_is_told(board: BreakerBoard) -> None:
    told = listen(board)

    board.restore((a_breaker(Effect.HALT, is_latched=True),))

    assert effect(board) is Effect.HALT
    assert told == []


def test_a_listener_that_fails_finds_the_gate_closed_already(board: BreakerBoard) -> None:
    def fail(_: BoardEvent) -> None:
        raise OSError("nobody listens")

    board.on_change(fail)

    with pytest.raises(OSError, match="nobody listens"):
        board.trip(a_breaker(Effect.HALT))
    assert effect(board) is Effect.HALT


def test_a_listener_may_trip_another_breaker(board: BreakerBoard) -> None:
    told: list[BoardEvent] = []

    def listener(event: BoardEvent) -> None:
        told.append(event)
        board.trip(a_breaker(name="mailbox"))

    board.on_change(listener)
    board.trip(a_breaker())

    assert [each.breaker.name for each in told if isinstance(each, BreakerTripped)] == [
        "drill",
        "mailbox",
    ]


def replay(told: list[BoardEvent]) -> dict[str, Breaker]:
    """Return what is open according to what the listener was told."""
    known: dict[str, Breaker] = {}
    for event in told:
        if isinstance(event, BreakerTripped):
            known[event.breaker.name] = event.breaker
        else:
            del known[event.name]
    return known


def hammer(board: BreakerBoard, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(ROUNDS):
        name = draw.choice("abc")
        if draw.random() < 0.5:
            board.trip(a_breaker(draw.choice(list(Effect)[1:]), name=name))
        else:
            board.reset(name, GLOBAL, by="proof", evidence="test")
    board.trip(a_breaker(Effect.HALT, name=f"latched:{seed}", is_latched=True))
    board.reset(f"latched:{seed}", GLOBAL, by="proof", evidence="must not work")


def test_threads_hammering_the_board_lose_no_latch_and_are_told_in_order(
    board: BreakerBoard,
) -> None:
    told, is_over = listen(board), threading.Event()
    torn: list[list[tuple[str, Scope]]] = []

    def read() -> None:
        while not is_over.is_set():
            keys = [(each.name, each.scope) for each in board.open]
            if len(keys) != len(set(keys)):
                torn.append(keys)

    threads = [threading.Thread(target=hammer, args=(board, seed)) for seed in range(THREADS)]
    reader = threading.Thread(target=read)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in (reader, *threads):
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        is_over.set()
        reader.join()
        sys.setswitchinterval(interval)

    assert torn == []
    latched = {each.name for each in board.latched()}
    assert latched >= {f"latched:{seed}" for seed in range(THREADS)}
    assert replay(told) == {each.name: each for each in board.open}


def flap(board: BreakerBoard, times: int, every_ns: int, **given: bool) -> None:
    for number in range(times):
        at_ns = Nanos(NOW + number * every_ns)
        board.trip(a_breaker(name="link", at_ns=at_ns, reason="lost"), **given)
        board.reset("link", GLOBAL, by="proof", evidence="back")


def test_what_opens_a_sixth_time_within_an_hour_is_latched(board: BreakerBoard) -> None:
    flap(board, FLAPS_PER_HOUR, MINUTE)
    assert board.open == ()

    flap(board, 1, MINUTE)

    (latched,) = board.latched()
    assert latched.name == "link"
    assert "more than 5 times in an hour" in latched.reason


def test_what_opens_six_times_in_more_than_an_hour_is_not_latched(board: BreakerBoard) -> None:
    flap(board, 3 * FLAPS_PER_HOUR, HOUR // FLAPS_PER_HOUR)

    assert board.open == ()


def test_openings_that_others_count_never_latch(board: BreakerBoard) -> None:
    flap(board, 3 * FLAPS_PER_HOUR, MINUTE, may_flap=True)

    assert board.open == ()


def test_a_flapping_breaker_needs_its_proof_and_a_person(board: BreakerBoard) -> None:
    flap(board, FLAPS_PER_HOUR, MINUTE)
    board.trip(a_breaker(name="link", reason="lost"))
    told = listen(board)

    assert not board.reset("link", GLOBAL, by="operator", evidence="looked into it")

    (open_one,) = board.open
    assert not open_one.is_latched
    assert told == [BreakerTripped(open_one)]
    assert board.reset("link", GLOBAL, by="proof", evidence="back")
    assert board.open == ()


def test_a_flapping_breaker_whose_proof_came_first_waits_for_the_person(
    board: BreakerBoard,
) -> None:
    flap(board, FLAPS_PER_HOUR + 1, MINUTE)

    assert not board.reset("link", GLOBAL, by="proof", evidence="back")
    assert board.reset("link", GLOBAL, by="operator", evidence="looked into it")
    assert board.open == ()
