"""The operator's channel: requests from the control folder, answered within seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.base import Actor, Office
from actors.ports import ControlInbox
from domain.instants import MILLISECOND, SECOND
from domain.messages.system import (
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    Tick,
)

POLL_EVERY_NS = 200 * MILLISECOND
ANSWER_WITHIN_NS = 4 * SECOND
RESUME, STOP = "resume", "stop"


class Operator(Actor):
    """Answers `resume` (after a clean reconcile) and `stop`."""

    def __init__(
        self,
        office: Office,
        name: str,
        epoch: int,
        inbox: ControlInbox,
        end: Callable[[str], None],
        dead: Callable[[], tuple[str, ...]],
    ) -> None:
        super().__init__(office, name, epoch)
        self._inbox = inbox
        self._end = end
        self._dead = dead
        self._waiting: dict[str, str] = {}

    def starting(self) -> None:
        """Begin to look."""
        self.after_machine(POLL_EVERY_NS, Tick("poll"))

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case Tick("poll"):
                self.after_machine(POLL_EVERY_NS, Tick("poll"))
                for request_id, verb, reason in self._inbox.poll():
                    self._handle(request_id, verb, reason)
            case Tick(what):
                self._expire(what)
            case ReconcileFinished():
                self._reconciled(message)
            case _:
                super().receive(message)

    def _handle(self, request_id: str, verb: str, reason: str) -> None:
        if verb == STOP:
            self._answer(request_id, ok=True, text="stopping", items=())
            self._end("signal")
        elif verb != RESUME:
            self._answer(request_id, ok=False, text=f"unknown request {verb!r}", items=())
        elif not self.board.latched():
            self._answer(request_id, ok=True, text="nothing is latched", items=())
        elif self._dead():
            items = tuple(f"actor {name} is down; restart the process" for name in self._dead())
            self._answer(request_id, ok=False, text="not resumed", items=items)
        else:
            self._waiting[request_id] = reason
            self.publish(ReconcileRequested(f"resume:{request_id}"))
            self.after_machine(ANSWER_WITHIN_NS, Tick(request_id))

    def _reconciled(self, finished: ReconcileFinished) -> None:
        request_id = finished.reason.partition(":")[2]
        reason = self._waiting.pop(request_id, None)
        if reason is None:
            return
        if not finished.is_clean:
            self._answer(request_id, ok=False, text="not resumed", items=finished.problems)
            return
        self.publish(OperatorActed(RESUME, reason))
        for breaker in self.board.latched():
            self.board.reset(breaker.name, breaker.scope, by="operator", evidence=reason)
        self._answer(request_id, ok=True, text="resumed", items=())

    def _expire(self, request_id: str) -> None:
        if self._waiting.pop(request_id, None) is not None:
            items = ("the reconcile did not finish within 4 s; try again",)
            self._answer(request_id, ok=False, text="not resumed", items=items)

    def _answer(self, request_id: str, *, ok: bool, text: str, items: tuple[str, ...]) -> None:
        self._inbox.reply(request_id, {"code": 0 if ok else 1, "lines": [text, *items]})
        self.log.info("operator answered", request=request_id, ok=ok, text=text)
