"""`liquidate`: halted first, then every lot; done when nothing is left that can be sold."""

from __future__ import annotations

import pytest

from actors.kernel.ports import ControlRequest
from actors.kernel.topology import AUDITOR, EXITS, ORDER_MANAGER, PORTFOLIO
from actors.safety.operator import ANSWER_WITHIN_NS, POLL_EVERY_NS, Operator
from domain.messages.control import (
    LIQUIDATION,
    CloseOrdered,
    OperatorActed,
    Synced,
    SyncRequested,
)
from domain.messages.decisions import ExitHindered
from domain.messages.portfolio import LedgerReported
from domain.model.breakers import Effect
from domain.model.money import ZERO, Amount, Quantity
from domain.model.portfolio import Lot
from domain.model.product import ProductId, Side
from tests.builders.harness import Harness, deliver
from tests.builders.messages import BTC, ETH, a_breaker, a_lot
from tests.builders.operator import ControlFolder, a_cashier, resume_board

pytestmark = pytest.mark.req("RB5")


class Scene:
    """An operator's actor, and others who say what they are told to."""

    def __init__(self) -> None:
        self.harness, self.folder = Harness(), ControlFolder()
        self.actor = self.harness.start(
            Operator, "operator", self.folder, lambda _: None, a_cashier()
        )

    def ask(self, request_id: str = "r1") -> None:
        self.folder.requests.append(ControlRequest(request_id, "liquidate", "emergency", "", 0))
        self.harness.pass_time(self.actor, POLL_EVERY_NS)

    def state(
        self,
        *lots: Lot,
        unsettled: tuple[tuple[ProductId, Side], ...] = (),
        is_open: bool = True,
    ) -> None:
        """Let portfolio and order manager answer what they were asked last."""
        token = self._token(PORTFOLIO)
        deliver(self.actor, LedgerReported(PORTFOLIO, token, is_open, Amount(ZERO), lots))
        deliver(self.actor, Synced(ORDER_MANAGER, self._token(ORDER_MANAGER), unsettled))
        self.harness.pass_time(self.actor, POLL_EVERY_NS)

    def written(self) -> None:
        deliver(self.actor, Synced(AUDITOR, self._token(AUDITOR)))

    def _token(self, whom: str) -> int:
        sent = [each for each in self.harness.sent if isinstance(each.body, SyncRequested)]
        tokens = (each.body.token for each in reversed(sent) if each.to == (whom,))
        return int(next(tokens))

    def ordered(self) -> set[ProductId]:
        """Return what the exits were ordered to sell since the last look."""
        found = {
            each.body.product
            for each in self.harness.sent
            if isinstance(each.body, CloseOrdered) and each.to == (EXITS,)
        }
        kept = [each for each in self.harness.sent if not isinstance(each.body, CloseOrdered)]
        self.harness.sent[:] = kept
        return found

    def answer(self, request_id: str = "r1") -> tuple[int, list[str]]:
        told = self.folder.answers[request_id]
        return told["code"], told["lines"]


DONE = "liquidated: nothing that can be sold is owned any more"
LOT, OTHER = a_lot(), a_lot(id="lot-2", product=ETH)


def test_it_halts_at_once_and_is_done_when_nothing_is_owned_and_the_journal_has_it() -> None:
    scene = Scene()
    scene.ask()
    assert scene.harness.is_open(LIQUIDATION)
    assert scene.harness.bodies(OperatorActed) == [OperatorActed("liquidate", "emergency")]

    scene.state(LOT, OTHER)
    assert scene.ordered() == {BTC, ETH}
    scene.state(OTHER)
    assert scene.ordered() == {ETH}
    scene.state()
    assert scene.folder.answers == {}
    scene.written()
    assert scene.answer() == (0, [DONE])


def test_what_may_still_be_bought_or_sold_keeps_it_from_being_done() -> None:
    scene = Scene()
    scene.ask()
    scene.state(unsettled=((BTC, Side.BUY),))
    scene.state(LOT)
    assert scene.ordered() == {BTC}, "an entry was filled after the halt"
    scene.state()
    scene.written()

    assert scene.answer()[0] == 0


def test_what_the_order_manager_answers_is_no_word_of_the_journal() -> None:
    """Answers are told apart by who waits for them: a pause is answered when it is on disk."""
    scene = Scene()
    scene.ask()
    scene.folder.requests.append(ControlRequest("p1", "pause", "to look", "", 0))
    scene.harness.pass_time(scene.actor, POLL_EVERY_NS)
    scene.written()
    scene.state(LOT)
    assert "p1" not in scene.folder.answers

    scene.written()
    assert scene.folder.answers["p1"]["code"] == 0


def test_books_that_are_not_open_are_no_empty_books() -> None:
    scene = Scene()
    scene.ask()
    scene.state(is_open=False)
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    assert scene.answer() == (1, ["not confirmed: it is not known yet what is owned"])


def test_dust_and_missing_coins_are_listed_and_do_not_hinder() -> None:
    dust, gone = a_lot("0.1"), a_lot(id="lot-9", missing=Quantity(LOT.quantity))
    scene = Scene()
    scene.ask()
    deliver(scene.actor, ExitHindered(dust.id, BTC, "the venue sells from 1 USD on", is_dust=True))
    scene.state(dust, gone)
    scene.written()

    assert scene.answer() == (
        0,
        [
            DONE,
            "dust: 0.1 BTC of lot lot-1: the venue sells from 1 USD on",
            "missing at the venue: 2 BTC of lot lot-9",
        ],
    )


def test_who_waits_is_told_in_time_what_is_owned_and_what_hinders_it() -> None:
    scene = Scene()
    scene.ask()
    scene.state(LOT, OTHER)
    deliver(scene.actor, ExitHindered(LOT.id, BTC, "cancel only", is_dust=False))
    deliver(scene.actor, ExitHindered(OTHER.id, ETH, "busy", is_dust=False))
    deliver(scene.actor, ExitHindered(OTHER.id, ETH, None, is_dust=False))
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    assert scene.answer() == (
        1,
        [
            "not confirmed: still selling",
            "owned: 2 BTC of lot lot-1: cancel only",
            "owned: 2 ETH of lot lot-2",
        ],
    )


def test_two_who_ask_have_one_liquidation() -> None:
    scene = Scene()
    scene.ask("r1")
    scene.ask("r2")
    scene.state()
    scene.written()

    assert len(scene.harness.bodies(OperatorActed)) == 1
    assert set(scene.folder.answers) <= {"r1", "r2"}
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)
    assert set(scene.folder.answers) == {"r1", "r2"}


@pytest.mark.req("K1")
def test_under_a_kill_a_trader_that_trades_sells_nothing() -> None:
    scene = Scene()
    scene.harness.board.trip(a_breaker(Effect.KILL, name="kill", is_latched=True))
    scene.ask()

    assert scene.answer()[0] == 1
    assert "the kill switch is on" in scene.answer()[1][0]
    assert scene.ordered() == set()


@pytest.mark.way_out("liquidation")
def test_the_halt_of_a_liquidation_ends_by_resume() -> None:
    scene = Scene()
    scene.ask()

    assert resume_board(scene.harness.board).code == 0
    assert not scene.harness.is_open(LIQUIDATION)
