"""What we lean on in pykka beside its public face: a new version that breaks it fails here."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import pykka
import pytest

from actors.kernel.base import Actor
from adapters.runtime.binding import bind
from adapters.runtime.threads import ThreadedActor
from adapters.runtime.virtual import VirtualActor
from tests.fakes.actors import Scripted

HOOKS = {"_create_actor_inbox", "_create_future", "_start_actor_loop"}


class Left(BaseException):
    """Raised by an inbox that has nothing more."""


class ListInbox:
    def __init__(self) -> None:
        self.items: deque[Any] = deque()

    def put(self, item: Any, /) -> None:
        self.items.append(item)

    def get(self) -> Any:
        if not self.items:
            raise Left
        return self.items.popleft()

    def empty(self) -> bool:
        return not self.items


class Bare(pykka.Actor):
    """An actor on the hooks alone, stepped by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.deeds: list[Any] = []

    @staticmethod
    def _create_actor_inbox() -> ListInbox:
        return ListInbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        self._actor_loop_setup()

    def on_start(self) -> None:
        self.deeds.append("start")

    def on_receive(self, message: Any) -> Any:
        self.deeds.append(message)
        if message == "fail":
            raise ValueError(message)
        return message

    def on_stop(self) -> None:
        self.deeds.append("stop")


def test_three_hooks_make_a_new_kind_of_actor() -> None:
    assert set(pykka.Actor.__abstractmethods__) == HOOKS
    assert issubclass(ThreadedActor, pykka.ThreadingActor)
    assert {name for name in HOOKS if name in vars(VirtualActor)} == HOOKS


def test_an_inbox_may_leave_the_loop_by_a_base_exception_and_enter_it_again() -> None:
    actor = Bare()
    for round_ in (1, 2):
        actor.actor_inbox.put(pykka._envelope.Envelope(round_))
        with pytest.raises(Left):
            actor._actor_loop_running()

    assert actor.deeds == [1, 2]
    assert not actor.actor_stopped.is_set()


def test_the_loop_looks_at_the_stop_flag_before_each_message() -> None:
    actor = Bare()
    actor.actor_stopped.set()
    actor.actor_inbox.put(pykka._envelope.Envelope("unread"))

    actor._actor_loop_running()

    assert actor.deeds == []


def test_what_lies_in_an_inbox_has_a_message_and_an_address_for_the_reply() -> None:
    actor = Bare()
    actor.actor_ref.tell("told")
    future = actor.actor_ref.ask("asked", block=False)

    assert isinstance(actor.actor_inbox, ListInbox)
    told, asked = actor.actor_inbox.items
    assert (told.message, told.reply_to) == ("told", None)
    assert (asked.message, asked.reply_to) == ("asked", future)
    with pytest.raises(Left):
        actor._actor_loop_running()
    assert future.get(timeout=30) == "asked"


def test_an_error_by_ask_goes_to_the_asker_and_does_not_stop_the_actor() -> None:
    # Why the guard sets the flag itself.
    actor = Bare()
    future = actor.actor_ref.ask("fail", block=False)
    with pytest.raises(Left):
        actor._actor_loop_running()

    assert not actor.actor_stopped.is_set()
    with pytest.raises(ValueError, match="fail"):
        future.get(timeout=30)


def test_stopping_sets_the_flag_and_then_runs_the_cleanup() -> None:
    actor = Bare()
    stopped = actor.actor_ref.stop(block=False)

    actor._actor_loop_running()

    assert actor.deeds == ["stop"]
    assert isinstance(actor.actor_stopped, threading.Event)
    assert actor.actor_stopped.is_set()
    assert stopped.get(timeout=30) is True


def test_the_name_of_an_actor_may_be_given_after_its_making() -> None:
    actor = Bare()
    actor.actor_urn = actor.actor_ref.actor_urn = "urn:actor:bare:1"
    pykka.ActorRegistry.register(actor.actor_ref)

    assert pykka.ActorRegistry.get_by_urn("urn:actor:bare:1") is actor.actor_ref
    pykka.ActorRegistry.unregister(actor.actor_ref)
    pykka.ActorRegistry.unregister(actor.actor_ref)
    assert pykka.ActorRegistry.get_all() == []


def test_an_actor_class_is_bound_once_per_runtime_and_keeps_its_name() -> None:
    kind: type[Any] = Scripted
    bound = bind(kind, ThreadedActor)

    assert bind(kind, ThreadedActor) is bound
    assert bind(kind, VirtualActor) is not bound
    assert bound.__name__ == "Scripted"


def test_an_actor_that_hides_what_its_runtime_needs_is_refused() -> None:
    class Hiding(Actor):
        def _actor_loop(self) -> None:
            """Hide the thread's loop."""

    kind: type[Any] = Hiding
    with pytest.raises(TypeError, match="Hiding hides _actor_loop of ThreadedActor"):
        bind(kind, ThreadedActor)
