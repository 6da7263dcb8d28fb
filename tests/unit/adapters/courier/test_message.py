"""What is sent of a line: for programs a document, for people a text in the order of AL1."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.courier.message import LONGEST, message_of, notice_of
from domain.model.breakers import Severity
from domain.model.instants import parse_iso

pytestmark = pytest.mark.req("AL1")

LINE: dict[str, Any] = {
    "at": "2026-01-05T00:10:00Z",
    "wall": "2026-11-28T21:40:33Z",
    "world": "default",
    "severity": "CRITICAL",
    "code": "BREAKER:daily_loss",
    "what": "HALT (global): 3.1 % of 3 %",
    "done": "no entries",
    "owned": "1 BTC, stop 60000",
    "worst": "120 USD",
    "command": "python run.py status",
    "topic": "breaker daily_loss (global)",
}


def test_the_body_has_the_order_of_the_requirement() -> None:
    message = message_of(LINE)

    assert message.title == "CRITICAL BREAKER:daily_loss (default)"
    assert message.body.splitlines() == [
        "HALT (global): 3.1 % of 3 %",
        "Done: no entries",
        "Owned: 1 BTC, stop 60000",
        "At worst: 120 USD",
        "To do: python run.py status",
        f"2026-11-28T21:40:33Z, id {message.id}",
    ]


def test_one_that_nobody_took_note_of_says_so_first() -> None:
    message = message_of(LINE, is_escalated=True)

    assert message.title.startswith("ESCALATED")
    assert message.document()["escalated"] is True


def test_the_document_has_every_member() -> None:
    told = message_of(LINE).document()

    names = "id severity code what done owned worst command world at escalated"
    assert list(told) == names.split()


def test_a_line_is_noticed_with_when_it_was_written_and_what_it_is_about() -> None:
    notice = notice_of(LINE)

    assert notice is not None
    assert notice.written_ns == parse_iso("2026-11-28T21:40:33Z")
    assert (notice.severity, notice.topic) == (Severity.CRITICAL, LINE["topic"])
    assert (notice.is_end, notice.is_for_all) == (False, False)


def test_an_end_and_the_daily_word_are_known_by_their_codes() -> None:
    end, daily = (notice_of({**LINE, "code": code}) for code in ("RESOLVED", "SIGN_OF_LIFE"))

    assert end is not None
    assert daily is not None
    assert (end.is_end, daily.is_for_all) == (True, True)


@pytest.mark.parametrize("wall", [None, "", "yesterday", 5, ["x"], True])
def test_a_line_without_wall_time_is_none_to_send(wall: object) -> None:
    assert notice_of({**LINE, "wall": wall}) is None


def test_a_severity_that_nobody_knows_is_the_loudest() -> None:
    notice = notice_of({**LINE, "severity": "LOUD"})

    assert notice is not None
    assert notice.severity is Severity.CRITICAL


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*LINE, "more"]), ANY))
def test_no_line_breaks_it_or_gets_through_with_control_characters(line: dict[str, Any]) -> None:
    message = message_of(line)

    texts = [value for value in message.document().values() if isinstance(value, str)]
    assert all(each.isprintable() and len(each) <= LONGEST + 3 for each in texts)
    assert "\r" not in message.title + message.body
    assert "\n" not in message.title
    notice = notice_of(line)
    assert notice is None or evolve(notice).id == message.id
