"""One call at a time on a thread of its own; whatever it raises is a failure in words."""

from __future__ import annotations

import threading

import pytest

from adapters.courier.caller import Caller
from tests.builders.waiting import wait_for

pytestmark = pytest.mark.req("AL1")


def outcome(caller: Caller[str]) -> tuple[str, str | None]:
    found: list[tuple[str, str | None]] = []

    def is_there() -> bool:
        result = caller.result()
        found.extend([] if result is None else [result])
        return bool(found)

    wait_for(is_there)
    return found[0]


def test_a_call_is_made_and_its_outcome_told_once() -> None:
    caller: Caller[str] = Caller("x")
    assert (caller.is_free, caller.calling_s) == (True, 0.0)

    caller.give("a", lambda: None)
    assert outcome(caller) == ("a", None)
    assert (caller.result(), caller.is_free) == (None, True)

    caller.give("b", lambda: "HTTP 500")
    assert outcome(caller) == ("b", "HTTP 500")


def test_what_a_call_raises_is_a_failure_without_its_words() -> None:
    def call() -> str | None:
        raise ValueError("https://x.example/T0KEN")

    caller: Caller[str] = Caller("x")
    caller.give("a", call)

    assert outcome(caller) == ("a", "it failed (ValueError)")


def test_while_a_call_lasts_it_is_not_free_and_says_for_how_long() -> None:
    go_on = threading.Event()
    caller: Caller[str] = Caller("x")
    caller.give("a", lambda: str(go_on.wait()))
    wait_for(lambda: caller.calling_s > 0)
    assert (caller.is_free, caller.result()) == (False, None)

    go_on.set()

    assert outcome(caller) == ("a", "True")
