"""A stream's session without wires: what is told is in order and whole, or it is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.coinbase.codec import ErrorFrame
from adapters.venues.coinbase.session import (
    LOOK_EVERY_NS,
    SILENCE_NS,
    SNAPSHOT_AGAIN_NS,
    STABLE_NS,
    Command,
    Connect,
    Drop,
    Frame,
    Look,
    Renew,
    Retry,
    Session,
    Subscribe,
    Tell,
)
from domain.messages.market import (
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    HeartbeatSeen,
    MarketEvent,
    MarketFrame,
    StreamClosed,
    StreamOpened,
)
from domain.messages.venue import UserFrame
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos
from tests.builders.messages import BTC, NOW, a_level

START = Nanos(50 * SECOND)
SNAPSHOT = BookSnapshotSeen(BTC, (a_level("100"),), (a_level("101"),))
CHANGE = BookChanged(BTC, (a_level("100", "2"),), ())
LOST = BookLost(BTC, "side: expected bid or offer")


def decode(data: bytes, connection: int) -> Frame:
    """Read a test's shorthand: "3", "3 snapshot change", "error …", anything else is broken."""
    number, _, what = data.decode().partition(" ")
    if number == "error":
        return ErrorFrame(what)
    if not number.isdigit():
        raise ProtocolBroken(f"not a frame: {number}")
    kinds: dict[str, MarketEvent] = {"snapshot": SNAPSHOT, "change": CHANGE, "lost": LOST}
    events = tuple(kinds[each] for each in what.split()) or (HeartbeatSeen(int(number)),)
    return MarketFrame(connection, int(number), NOW, events)


def decode_user(data: bytes, connection: int) -> Frame:
    return UserFrame(connection, int(data), NOW, (), is_snapshot=False)


def a_session(silence_ns: int | None = SILENCE_NS) -> Session:
    """Return a session whose first connection stands."""
    session = Session("market", decode, silence_ns=silence_ns)
    assert session.begin("anew") == (Connect(),)
    session.opened(START)
    return session


def told(commands: tuple[Command, ...]) -> list[object]:
    return [each.message for each in commands if isinstance(each, Tell)]


def hear(session: Session, *texts: str, at_ns: int = START) -> tuple[Command, ...]:
    """Let the connection say these frames; return all that follows."""
    commands: tuple[Command, ...] = ()
    for text in texts:
        commands += session.heard(text.encode(), Nanos(at_ns))
    return commands


def sequences(commands: tuple[Command, ...]) -> list[int]:
    return [each.sequence for each in told(commands) if isinstance(each, MarketFrame | UserFrame)]


def test_an_open_connection_is_told_then_subscribed_then_watched() -> None:
    session = Session("market", decode, silence_ns=SILENCE_NS)
    session.begin("anew")

    assert session.opened(START) == (Tell(StreamOpened("market", 1)), Subscribe(), Look(1))


@pytest.mark.req("ST1")
def test_frames_in_sequence_are_told_as_they_are() -> None:
    assert sequences(hear(a_session(), "0", "1", "2")) == [0, 1, 2]


@pytest.mark.req("ST1")
@pytest.mark.parametrize("first", ["1", "7"])
def test_a_connection_that_does_not_begin_at_zero_has_a_gap(first: str) -> None:
    session = a_session()

    followed = hear(session, first)

    reason = f"sequence gap: expected 0, was {first}"
    assert followed == (Tell(StreamClosed("market", 1, reason)), Drop())


@pytest.mark.req("ST1")
def test_a_gap_ends_the_connection_before_its_frame_is_told_and_nothing_follows_it() -> None:
    session = a_session()
    hear(session, "0", "1")

    followed = hear(session, "3", "4", "2")

    reason = "sequence gap: expected 2, was 3"
    assert followed == (Tell(StreamClosed("market", 1, reason)), Drop())
    assert session.closed("closed by us", START) == (Retry(0),)


@pytest.mark.req("REC1")
def test_a_gap_of_the_user_stream_ends_it_too() -> None:
    session = Session("user", decode_user, silence_ns=None)
    session.begin("anew")
    session.opened(START)

    assert sequences(hear(session, "0", "1")) == [0, 1]
    (closed,) = told(hear(session, "3"))

    assert closed == StreamClosed("user", 1, "sequence gap: expected 2, was 3")


@pytest.mark.req("ST1")
def test_a_late_frame_and_one_that_comes_twice_are_left_out() -> None:
    session = a_session()

    assert sequences(hear(session, "0", "1", "1", "0", "2")) == [0, 1, 2]


def test_the_next_connection_counts_anew() -> None:
    session = a_session()
    hear(session, "0", "1", "5")
    session.closed("closed by us", START)

    assert session.connect() == (Connect(),)
    assert told(session.opened(START)) == [StreamOpened("market", 2)]
    assert sequences(hear(session, "0", "1")) == [0, 1]


def test_changes_of_a_book_before_its_snapshot_are_left_out() -> None:
    session = a_session()

    early, whole, after = told(hear(session, "0 change", "1 change snapshot change", "2 change"))

    assert isinstance(early, MarketFrame)
    assert isinstance(whole, MarketFrame)
    assert isinstance(after, MarketFrame)
    assert early.events == ()
    assert whole.events == (SNAPSHOT, CHANGE)
    assert after.events == (CHANGE,)


def test_a_snapshot_of_an_older_connection_does_not_count() -> None:
    session = a_session()
    hear(session, "0 snapshot")
    session.restart("drill")
    session.closed("closed by us", START)
    session.connect()
    session.opened(START)

    (frame,) = told(hear(session, "0 change"))

    assert isinstance(frame, MarketFrame)
    assert frame.events == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html>", "not a frame: <html>"),
        ("error too many requests", "the venue says: too many requests"),
        ("4 nonsense", "frame not understood: KeyError"),
    ],
)
def test_what_is_no_frame_ends_the_connection(text: str, reason: str) -> None:
    followed = hear(a_session(), text, "0")

    assert followed == (Tell(StreamClosed("market", 1, reason)), Drop())


@pytest.mark.req("ST1")
def test_a_silent_connection_is_given_up_after_ten_seconds() -> None:
    session = a_session()
    hear(session, "0", at_ns=START + SECOND)
    last_ns = START + SECOND + SILENCE_NS

    assert session.look(1, Nanos(last_ns)) == (Look(1),)
    followed = session.look(1, Nanos(last_ns + 1))

    assert followed == (Tell(StreamClosed("market", 1, "no frame for 10 s")), Drop())
    assert session.look(1, Nanos(last_ns + SECOND)) == ()


def test_late_frames_do_not_break_the_silence() -> None:
    session = a_session()
    hear(session, "0")
    hear(session, "0", "0", at_ns=START + SILENCE_NS)

    assert Drop() in session.look(1, Nanos(START + SILENCE_NS + 1))


def test_nobody_looks_at_a_connection_that_is_over() -> None:
    session = a_session()
    session.restart("drill")
    session.closed("closed by us", START)
    assert session.look(1, Nanos(START + 100 * SECOND)) == ()

    session.connect()
    session.opened(START)
    assert session.look(1, Nanos(START + 100 * SECOND)) == ()


def test_where_silence_proves_nothing_nobody_looks() -> None:
    session = a_session(silence_ns=None)

    assert session.look(1, Nanos(START + 100 * SECOND)) == ()


def test_a_restart_is_told_with_our_reason_when_the_connection_has_ended() -> None:
    session = a_session()

    assert session.restart("book crossed") == (Drop(),)
    assert hear(session, "0") == ()
    assert session.closed("closed by us", START) == (
        Tell(StreamClosed("market", 1, "book crossed")),
        Retry(0),
    )


def test_a_connection_that_was_given_up_while_it_came_about_is_dropped_as_it_stands() -> None:
    session = Session("market", decode, silence_ns=None)
    session.begin("anew")
    session.restart("drill")

    assert session.opened(START) == (Drop(),)
    assert told(session.closed("closed by us", START)) == [StreamClosed("market", 1, "drill")]


def test_beginning_again_begins_anew() -> None:
    session = a_session()

    assert session.begin("subscribed anew") == (Drop(),)
    assert told(session.closed("x", START)) == [StreamClosed("market", 1, "subscribed anew")]


def test_what_we_end_stays_ended() -> None:
    session = a_session()

    assert session.end("closed by us") == (Drop(),)
    assert session.closed("x", START) == (Tell(StreamClosed("market", 1, "closed by us")),)
    assert session.connect() == ()


def test_failures_are_counted_until_a_connection_was_stable() -> None:
    session = Session("market", decode, silence_ns=None)
    session.begin("anew")
    for failures in range(3):
        assert session.closed("refused", START)[-1] == Retry(failures)
        session.connect()

    session.opened(START)
    assert session.closed("gone", Nanos(START + STABLE_NS - 1))[-1] == Retry(3)
    session.connect()
    session.opened(START)
    assert session.closed("gone", Nanos(START + STABLE_NS))[-1] == Retry(0)


@pytest.mark.req("ST1")
@given(st.lists(st.integers(0, 6), max_size=20))
def test_whatever_comes_who_listens_hears_a_whole_beginning_or_that_it_is_over(
    numbers: list[int],
) -> None:
    session = a_session()

    said = told(hear(session, *(str(each) for each in numbers)))

    frames = [each for each in said if isinstance(each, MarketFrame)]
    assert [each.sequence for each in frames] == list(range(len(frames)))
    ends = [each for each in said if isinstance(each, StreamClosed)]
    assert ends == ([said[-1]] if len(frames) < len(said) else [])
    seen = 0
    for number in numbers:
        if number > seen:
            assert len(ends) == 1, "a gap that nobody hears of"
            break
        seen = max(seen, number + 1)
    else:
        assert ends == []


Step = st.sampled_from(["open", "frame", "hole", "close", "restart", "look", "retry"])


@given(st.lists(Step, max_size=40))
def test_each_connection_is_told_to_open_once_and_to_end_once_in_turn(steps: list[str]) -> None:
    session = Session("market", decode, silence_ns=SILENCE_NS)
    commands, now_ns, sequence = list(session.begin("anew")), int(START), 0
    is_living, is_open = True, False
    for step in steps:
        now_ns += 4 * SECOND
        now = Nanos(now_ns)
        if step == "open" and is_living and not is_open:
            commands, is_open, sequence = [*commands, *session.opened(now)], True, 0
        elif step in ("frame", "hole") and is_living and is_open:
            sequence += step == "hole"
            commands += session.heard(str(sequence).encode(), now)
            sequence += 1
        elif step == "close" and is_living:
            commands, is_living, is_open = [*commands, *session.closed("gone", now)], False, False
        elif step == "retry" and not is_living:
            commands, is_living = [*commands, *session.connect()], True
        elif step == "restart" and is_living:
            commands += session.restart("drill")
        elif step == "look":
            number = sum(isinstance(each, Connect) for each in commands)
            commands += session.look(number, now)

    said = told(tuple(commands))
    ends = [each.connection for each in said if isinstance(each, StreamClosed)]
    assert ends == sorted(set(ends))
    ended: set[int] = set()
    for each in said:
        assert isinstance(each, StreamClosed | StreamOpened | MarketFrame)
        assert each.connection not in ended, "something follows the end"
        if isinstance(each, StreamClosed):
            ended.add(each.connection)


@pytest.mark.req("ST1")
def test_a_book_that_cannot_be_followed_is_asked_for_anew_and_silent_until_it_is_whole() -> None:
    session = a_session()
    hear(session, "0 snapshot", "1 lost")

    (quiet,) = told(hear(session, "2 change"))
    assert isinstance(quiet, MarketFrame)
    assert quiet.events == ()
    assert session.look(1, Nanos(START + LOOK_EVERY_NS)) == (Renew((BTC,)), Look(1))
    assert session.look(1, Nanos(START + 2 * LOOK_EVERY_NS)) == (Look(1),)
    again_ns = Nanos(START + LOOK_EVERY_NS + SNAPSHOT_AGAIN_NS)
    assert session.look(1, again_ns) == (Renew((BTC,)), Look(1))

    hear(session, "3 snapshot", at_ns=again_ns)
    (whole,) = told(hear(session, "4 change", at_ns=again_ns))
    assert isinstance(whole, MarketFrame)
    assert whole.events == (CHANGE,)
    assert session.look(1, Nanos(again_ns + SNAPSHOT_AGAIN_NS)) == (Look(1),)
