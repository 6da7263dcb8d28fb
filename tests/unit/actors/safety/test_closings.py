"""`close`: who says what is owned, who sells it, and when it counts as done."""

from __future__ import annotations

import pytest

from actors.kernel.ports import ControlRequest
from actors.kernel.topology import AUDITOR, EXITS, PORTFOLIO
from actors.safety.operator import ANSWER_WITHIN_NS, POLL_EVERY_NS, Operator
from domain.messages.control import CloseOrdered, OperatorActed, Synced, SyncRequested
from domain.messages.portfolio import LedgerReported
from domain.model.breakers import Effect
from domain.model.money import ZERO, Amount, Quantity
from domain.model.portfolio import Lot
from tests.builders.harness import Harness, deliver
from tests.builders.messages import BTC, ETH, a_breaker, a_lot
from tests.builders.operator import ControlFolder, a_cashier

pytestmark = pytest.mark.req("X6", "R1")


class Scene:
    """An operator's actor, and a portfolio that says what it is told to."""

    def __init__(self) -> None:
        self.harness, self.folder = Harness(), ControlFolder()
        self.actor = self.harness.start(
            Operator, "operator", self.folder, lambda _: None, a_cashier()
        )

    def close(self, product: str = BTC) -> None:
        self.folder.requests.append(ControlRequest("r1", "close", "bad news", product, 0))
        self.harness.pass_time(self.actor, POLL_EVERY_NS)

    def owned(self, *lots: Lot) -> None:
        """Let the portfolio answer what it was asked last."""
        self.answered(PORTFOLIO, lots)
        self.harness.pass_time(self.actor, POLL_EVERY_NS)

    def answered(self, whom: str, lots: tuple[Lot, ...] = ()) -> None:
        sent = [each for each in self.harness.sent if isinstance(each.body, SyncRequested)]
        token = next(each.body.token for each in reversed(sent) if each.to == (whom,))
        report = LedgerReported(PORTFOLIO, token, True, Amount(ZERO), lots)
        deliver(self.actor, report if whom == PORTFOLIO else Synced(AUDITOR, token))

    @property
    def ordered(self) -> list[tuple[tuple[str, ...], CloseOrdered]]:
        return [
            (each.to, each.body)
            for each in self.harness.sent
            if isinstance(each.body, CloseOrdered)
        ]

    @property
    def answer(self) -> tuple[int, list[str]]:
        told = self.folder.answers["r1"]
        return told["code"], told["lines"]


LOT, OTHER = a_lot(), a_lot(id="lot-2", product=ETH)


def test_it_is_done_when_the_books_have_none_of_it_and_the_journal_has_the_sale() -> None:
    scene = Scene()
    scene.close()
    assert scene.ordered == [], "nobody knows yet what is owned"

    scene.owned(LOT, OTHER)
    assert scene.ordered[0] == ((EXITS,), CloseOrdered(BTC))
    assert scene.harness.bodies(OperatorActed) == [OperatorActed("close", "BTC-USD: bad news")]

    scene.owned(LOT, OTHER)
    assert scene.folder.answers == {}
    assert len(scene.ordered) > 1, "exits may have died since"
    scene.owned(OTHER)
    assert scene.folder.answers == {}
    scene.answered(AUDITOR)
    assert scene.answer == (0, ["closed: 2 BTC of 1 lot sold"])


def test_a_lot_that_is_bought_meanwhile_was_not_meant() -> None:
    scene = Scene()
    scene.close()
    scene.owned(LOT)
    scene.owned(a_lot(id="lot-9"))
    scene.answered(AUDITOR)

    assert scene.answer[0] == 0


@pytest.mark.parametrize(
    ("product", "lots", "told"),
    [
        ("BTC-USD", (OTHER,), "no lot of BTC-USD is owned; owned: ETH-USD"),
        ("ETHUSD", (OTHER,), "no lot of ETHUSD is owned; did you mean ETH-USD?; owned: ETH-USD"),
        ("BTC-USD", (), "no lot of BTC-USD is owned; owned: nothing"),
        ("", (OTHER,), "no lot of  is owned; owned: ETH-USD"),
        (
            "BTC-USD",
            (a_lot(missing=Quantity(LOT.quantity)),),
            "all of BTC-USD is missing at the venue (lot lot-1); see `release`",
        ),
    ],
)
def test_what_is_not_owned_is_not_sold_and_it_says_what_is(
    product: str, lots: tuple[Lot, ...], told: str
) -> None:
    scene = Scene()
    scene.close(product)
    scene.owned(*lots)

    assert scene.answer == (1, [f"not closed: {told}"])
    assert scene.ordered == []
    assert scene.harness.bodies(OperatorActed) == []


@pytest.mark.req("K1")
def test_after_a_kill_it_is_refused_and_a_halt_is_no_reason() -> None:
    scene = Scene()
    scene.harness.board.trip(a_breaker(Effect.HALT, name="daily_loss", is_latched=True))
    scene.close()
    scene.owned(LOT)
    assert scene.ordered

    killed = Scene()
    killed.harness.board.trip(a_breaker(Effect.KILL, name="kill", is_latched=True))
    killed.close()
    assert killed.answer[0] == 1
    assert "the kill switch is on" in killed.answer[1][0]
    assert killed.ordered == []


def test_who_waits_is_told_in_time_what_is_still_owned() -> None:
    scene = Scene()
    scene.close()
    scene.owned(LOT, OTHER)
    scene.owned(a_lot("0.5"))

    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    code, (first, *_) = scene.answer
    assert (code, first) == (1, "not confirmed: 0.5 BTC of 1 lot still owned")
    before = len(scene.ordered)
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)
    assert len(scene.ordered) == before, "nobody waits for it any more"


def test_a_portfolio_that_does_not_answer_is_no_yes() -> None:
    scene = Scene()
    scene.close()

    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    assert scene.answer == (1, ["not closed: the portfolio did not answer within 4 s; try again"])


def test_a_journal_that_does_not_answer_is_no_yes() -> None:
    scene = Scene()
    scene.close()
    scene.owned(LOT)
    scene.owned()

    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    assert scene.answer[0] == 1
    assert scene.answer[1][0] == "not confirmed"
