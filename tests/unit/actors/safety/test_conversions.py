"""The end of a liquidation: the proceeds are converted once, whatever the venue answers, or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.ports import ControlRequest
from actors.kernel.topology import AUDITOR, ORDER_MANAGER, PORTFOLIO
from actors.safety.conversions import (
    AGAIN_NS,
    ANSWER_NS,
    ASK_EVERY_NS,
    BOOKED_WITHIN_NS,
    TRIES,
)
from actors.safety.operator import ANSWER_WITHIN_NS, POLL_EVERY_NS, Operator
from domain.messages.control import (
    AlertRaised,
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    Synced,
    SyncRequested,
)
from domain.messages.conversion import (
    ConversionAnswered,
    ConversionIntended,
    ConversionQuoted,
    ConversionSettled,
    ConversionShown,
    QuoteRequest,
)
from domain.messages.orders import FillBooked
from domain.messages.portfolio import LedgerReported
from domain.messages.venue import AccountsListed
from domain.model.breakers import Effect
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.instants import SECOND
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.orders import NotSent, OutcomeLost, Rejected
from domain.model.portfolio import AccountBalance
from domain.portfolio.proceeds import Proceeds
from tests.builders.harness import Harness, deliver
from tests.builders.messages import a_breaker, an_intent, approved_sale, booked
from tests.builders.operator import ControlFolder, a_cashier
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("RB5", "X1")

TRADE = Conversion("t-1", "USD", "USDC", Amount(Decimal("199.50")))
DONE = ConversionSeen(ConversionState.DONE)
QUOTED = ConversionSeen(ConversionState.QUOTED)
LIFETIME_NS = RecordingVenue().request_lifetime_ns
CONVERTED = "converted 199.50 USD to USDC"


def a_sale(brought: str = "199.5075", name: str = "e-1") -> FillBooked:
    """Return a sale that brings so much after its fee of 0.5."""
    made = booked(an_intent(approved_sale("lot")))
    fill = evolve(
        made.fill,
        entry_id=name,
        price=Price(Decimal(brought) + Decimal("0.5")),
        quantity=Quantity(Decimal(1)),
        fee=Amount(Decimal("0.5")),
    )
    return evolve(made, fill=fill)


def wallets(usd: str = "10000", **others: str) -> tuple[AccountBalance, ...]:
    found = {"USD": usd, **(others or {"USDC": "0"})}
    return tuple(AccountBalance(name, Decimal(each), ZERO) for name, each in found.items())


class Scene:
    """An operator's actor that was ordered to liquidate, and a venue that the test speaks for."""

    def __init__(self, *, epoch: int = 1, **known: Any) -> None:
        self.harness, self.folder, self.venue = Harness(), ControlFolder(), RecordingVenue()
        cashier = a_cashier(self.venue, **known)
        self.actor = self.harness.start(
            Operator, "operator", self.folder, lambda _: None, cashier, epoch=epoch
        )

    def ask(self, request_id: str = "r1") -> Scene:
        self.folder.requests.append(ControlRequest(request_id, "liquidate", "emergency", "", 0))
        self.wait()
        return self

    def wait(self, by_ns: int = POLL_EVERY_NS) -> None:
        self.harness.pass_time(self.actor, by_ns)

    def sold(self, cash: str = "10000", allotted: str | None = None) -> Scene:
        """Let the books say that nothing is owned and nothing unsettled."""
        what = None if allotted is None else Amount(Decimal(allotted))
        token = self._token(PORTFOLIO)
        books = LedgerReported(PORTFOLIO, token, True, Amount(Decimal(cash)), allotted=what)
        deliver(self.actor, books, Synced(ORDER_MANAGER, self._token(ORDER_MANAGER), ()))
        self.wait()
        return self

    def listed(self, *accounts: AccountBalance, failure: str | None = None) -> Scene:
        token = self.venue.last("list_accounts").token
        answer = AccountsListed(token, accounts or wallets(), failure is None, failure)
        deliver(self.actor, answer)
        return self

    def quoted(self, conversion: Conversion | None = TRADE, **why: str) -> Scene:
        token = self.venue.last("quote_conversion").token
        deliver(self.actor, ConversionQuoted(token, conversion, **why))
        return self

    def written(self) -> Scene:
        deliver(self.actor, Synced(AUDITOR, self._token(AUDITOR)))
        return self

    def answered(self, outcome: Any, trade_id: str = "t-1") -> Scene:
        deliver(self.actor, ConversionAnswered(trade_id, outcome))
        return self

    def shown(self, seen: ConversionSeen | None, failure: str | None = None) -> Scene:
        token = self.venue.last("read_conversion").token
        deliver(self.actor, ConversionShown(token, seen, failure))
        return self

    def compared(self, *problems: str) -> Scene:
        reason = self.harness.bodies(ReconcileRequested)[-1].reason
        deliver(self.actor, ReconcileFinished(reason, not problems, problems))
        return self

    def to_commit(self) -> Scene:
        """Go as far as the commit that is on its way."""
        deliver(self.ask().actor, a_sale())
        return self.sold().listed().quoted().written()

    def told(self, request_id: str = "r1") -> list[str]:
        """Return what is answered once all that is left is on disk."""
        self.sold()
        self.written()
        answer = self.folder.answers[request_id]
        assert answer["code"] == 0
        return list(answer["lines"][1:])

    def of(self, kind: type) -> list[Any]:
        return self.harness.bodies(kind)

    @property
    def commits(self) -> int:
        return len(self.venue.named("convert"))

    def _token(self, whom: str) -> int:
        sent = [each for each in self.harness.sent if isinstance(each.body, SyncRequested)]
        return int(next(each.body.token for each in reversed(sent) if each.to == (whom,)))


def test_what_the_sales_brought_is_quoted_written_down_committed_and_booked_in_this_order() -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold().listed()
    assert scene.venue.last("quote_conversion").about["request"] == QuoteRequest(
        "USD", "USDC", Amount(Decimal("199.50"))
    )
    scene.quoted()
    assert scene.of(ConversionIntended) == [ConversionIntended(TRADE, "emergency")]
    assert scene.commits == 0, "it is not on disk yet"
    scene.written()
    assert scene.venue.last("convert").about["request"].conversion == TRADE

    scene.answered(DONE)
    assert scene.of(ConversionSettled)[-1].is_done
    assert scene.folder.answers == {}, "what has moved is not booked yet"
    scene.compared()

    assert scene.told() == [CONVERTED]
    assert scene.commits == 1


def test_the_intent_belongs_to_the_chain_of_the_order_to_liquidate() -> None:
    scene = Scene().to_commit()
    deeds = [s for s in scene.harness.delivered if isinstance(s.body, OperatorActed)]
    intents = [s for s in scene.harness.delivered if isinstance(s.body, ConversionIntended)]

    assert {each.correlation for each in deeds} == {each.correlation for each in intents}


@pytest.mark.parametrize(
    ("cash", "allotted", "free", "asked"),
    [
        ("10000", None, "10000", "199.50"),
        ("150.129", None, "10000", "150.12"),
        ("10000", "40", "10000", "40"),
        ("10000", None, "7.777", "7.77"),
    ],
)
def test_never_more_than_the_sales_the_books_the_allotment_or_what_is_free(
    cash: str, allotted: str | None, free: str, asked: str
) -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold(cash, allotted).listed(*wallets(free))

    request = scene.venue.last("quote_conversion").about["request"]
    assert request.amount == Decimal(asked)


def test_without_sales_of_its_own_nothing_is_asked_and_nothing_said() -> None:
    scene = Scene().ask().sold()

    assert scene.told() == []
    assert scene.venue.calls == []


@pytest.mark.parametrize(
    ("known", "why"),
    [({"currency": "USDC"}, None), ({"is_dry": True}, "this is a dry run, which sends nothing")],
)
def test_where_there_is_nothing_to_convert_or_no_right_to_it_nothing_is_sent(
    known: Any, why: str | None
) -> None:
    scene = Scene(**known)
    deliver(scene.ask().actor, a_sale())

    told = scene.told()
    assert [each.partition("not converted: ")[2] for each in told] == ([] if why is None else [why])
    assert scene.venue.calls == []


@pytest.mark.parametrize(
    ("accounts", "why"),
    [
        (wallets(BTC="1"), "the venue lists no wallet of USDC"),
        (wallets()[1:], "the venue's wallet of USD can't be read"),
        (wallets("0"), "no USD is free for it"),
    ],
)
def test_it_is_said_what_stays_and_why(accounts: tuple[AccountBalance, ...], why: str) -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold().listed(*accounts)

    assert scene.told() == [
        f"it stays USD: 199.50 USD of these sales are not converted: {why}",
    ]
    assert scene.venue.named("quote_conversion") == []


def test_a_quote_with_a_fee_is_not_taken() -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold().listed().quoted(None, objection="the venue wants a fee of 1 USD")

    assert scene.told()[0].endswith("not converted: the venue wants a fee of 1 USD")
    assert scene.of(ConversionIntended) == []


def test_what_moves_nothing_is_asked_again_a_few_times_and_then_given_up() -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold().listed(failure="HTTP 503")
    scene.wait(AGAIN_NS)
    scene.listed()
    for _ in range(TRIES):
        scene.quoted(None, failure="connection lost")
        scene.wait(AGAIN_NS)
    assert len(scene.venue.named("quote_conversion")) == 1 + TRIES
    scene.quoted(None, failure="connection lost")

    scene.ask("r2")  # nobody waits for so long, and whoever asks again is told
    assert scene.told("r2")[0].endswith("to convert USD to USDC: connection lost")
    assert len(scene.venue.named("quote_conversion")) == 1 + TRIES


def test_questions_that_are_never_answered_do_not_hold_it_up_for_ever() -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold()
    for _ in range(TRIES + 1):
        scene.wait(ANSWER_NS + AGAIN_NS + 2 * POLL_EVERY_NS)

    assert scene.ask("r2").told("r2")[0].endswith("asking the venue for its wallets: no answer")


def test_an_intent_that_does_not_become_durable_is_never_sent() -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold().listed().quoted()
    for _ in range(TRIES + 1):
        scene.wait(ANSWER_NS + AGAIN_NS + 2 * POLL_EVERY_NS)

    assert scene.commits == 0
    assert not scene.of(ConversionSettled)[-1].is_done


def test_what_was_not_sent_is_sent_again_under_the_same_id() -> None:
    scene = Scene().to_commit()
    scene.answered(NotSent("no connection", is_final=False))
    scene.wait(AGAIN_NS)
    assert [each.about["request"].conversion for each in scene.venue.named("convert")] == [
        TRADE,
        TRADE,
    ]
    scene.answered(NotSent("kill switch", is_final=True))

    assert scene.told()[0].endswith("not converted: not sent: kill switch")


class TestInDoubt:
    """A commit without an answer is never sent again: the venue is asked what became of it."""

    @pytest.fixture
    def scene(self) -> Scene:
        scene = Scene().to_commit().answered(OutcomeLost("connection lost"))
        scene.wait()
        return scene

    def test_the_venue_shows_it_as_done(self, scene: Scene) -> None:
        scene.shown(DONE).compared()

        assert scene.told() == [CONVERTED]
        assert scene.commits == 1

    def test_it_is_told_with_what_to_do(self, scene: Scene) -> None:
        (alert,) = scene.of(AlertRaised)
        assert "it is not known whether 199.50 USD became USDC: connection lost" in alert.what
        assert "trade t-1; it is not sent again" in alert.done
        assert alert.command == "python run.py liquidate --emergency"

    @pytest.mark.parametrize("seen", [None, QUOTED, ConversionSeen(ConversionState.STARTED)])
    def test_as_long_as_it_may_still_be_carried_out_it_is_asked_again(
        self, scene: Scene, seen: ConversionSeen | None
    ) -> None:
        asked = len(scene.venue.named("read_conversion"))
        scene.shown(seen, None if seen else "HTTP 503")
        scene.wait(ASK_EVERY_NS)

        assert len(scene.venue.named("read_conversion")) == asked + 1
        assert (scene.commits, scene.of(ConversionSettled)) == (1, [])
        scene.wait(ANSWER_WITHIN_NS)
        code, lines = scene.folder.answers["r1"]["code"], scene.folder.answers["r1"]["lines"]
        assert code == 1
        assert lines[-1] == "asking the venue what became of a conversion"

    def test_what_can_no_longer_be_carried_out_is_quoted_anew(self, scene: Scene) -> None:
        scene.wait(LIFETIME_NS)
        scene.shown(QUOTED)
        assert scene.of(ConversionSettled)[-1].reason == "the venue never carried it out"
        scene.ask("r2").sold().listed().quoted(evolve(TRADE, trade_id="t-2")).written()
        scene.answered(DONE, "t-2").compared()

        assert [each.conversion.trade_id for each in scene.of(ConversionIntended)] == ["t-1", "t-2"]

    def test_a_late_answer_to_the_commit_changes_nothing(self, scene: Scene) -> None:
        scene.answered(NotSent("too late", is_final=True))

        assert scene.of(ConversionSettled) == []


@pytest.mark.parametrize(
    ("seen", "is_done"),
    [(DONE, True), (QUOTED, False), (ConversionSeen(ConversionState.ABSENT), False)],
)
def test_even_a_no_is_looked_after_as_a_second_delivery_may_have_had_it(
    seen: ConversionSeen, is_done: bool
) -> None:
    scene = Scene().to_commit().answered(Rejected("HTTP_400", "already committed"))
    scene.wait()
    scene.shown(seen)

    assert scene.of(ConversionSettled)[-1].is_done is is_done
    if not is_done:
        assert scene.told()[0].endswith("not converted: the venue refused: already committed")


def test_a_commit_that_is_never_answered_is_in_doubt() -> None:
    scene = Scene().to_commit()
    scene.wait(ANSWER_NS + 2 * POLL_EVERY_NS)

    assert scene.venue.named("read_conversion")
    assert scene.commits == 1


class TestAfterACrash:
    """What an earlier process may have sent is found out about before anything is converted."""

    KNOWN = Proceeds(Decimal("199.5075"), is_begun=True, sold=frozenset({"e-1"}), pending=(TRADE,))

    def test_it_was_carried_out(self) -> None:
        scene = Scene(proceeds=self.KNOWN)
        scene.ask().sold()
        scene.shown(DONE).compared()

        assert scene.told() == [CONVERTED]
        assert scene.venue.named("quote_conversion") == []

    def test_it_was_not_and_can_not_be_any_more(self) -> None:
        scene = Scene(proceeds=self.KNOWN)
        scene.ask().sold().shown(QUOTED)
        assert scene.venue.named("list_accounts") == [], "its request may still be on its way"
        scene.wait(LIFETIME_NS)
        scene.shown(QUOTED)
        scene.ask("r2").sold().listed()

        assert scene.venue.last("quote_conversion").about["request"].amount == TRADE.amount

    def test_nobody_liquidates_and_it_is_settled_all_the_same(self) -> None:
        scene = Scene(proceeds=self.KNOWN)
        scene.wait()
        scene.shown(DONE)

        assert scene.of(ConversionSettled)[-1].is_done
        assert scene.of(ReconcileRequested)
        assert scene.commits == 0

    def test_an_answer_to_its_predecessor_is_no_answer(self) -> None:
        scene = Scene(proceeds=self.KNOWN, epoch=2)
        scene.answered(DONE)

        assert scene.of(ConversionSettled) == []


def test_two_orders_at_once_convert_once_and_both_are_told() -> None:
    scene = Scene()
    deliver(scene.ask("r1").actor, a_sale())
    scene.ask("r2").sold().listed().quoted().written().answered(DONE).compared()

    assert scene.commits == 1
    scene.sold()
    first = scene._token(AUDITOR)
    deliver(scene.actor, Synced(AUDITOR, first - 1), Synced(AUDITOR, first))
    assert [scene.folder.answers[each]["lines"][-1] for each in ("r1", "r2")] == 2 * [CONVERTED]
    assert len(scene.venue.named("list_accounts")) == 1


def test_a_fill_that_is_told_twice_is_converted_once() -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale(), a_sale())
    scene.sold().listed()

    assert scene.venue.last("quote_conversion").about["request"].amount == Decimal("199.50")


def test_a_second_liquidation_converts_only_what_came_since() -> None:
    scene = Scene().to_commit().answered(DONE).compared()
    assert scene.told() == [CONVERTED]
    deliver(scene.ask("r2").actor, a_sale("20", "e-2"))
    scene.sold().listed()

    assert scene.venue.last("quote_conversion").about["request"].amount == Decimal("20.00")


@pytest.mark.req("K1")
def test_a_kill_in_between_ends_it_before_anything_leaves() -> None:
    scene = Scene()
    deliver(scene.ask().actor, a_sale())
    scene.sold()
    scene.harness.board.trip(a_breaker(Effect.KILL, name="kill", is_latched=True))
    scene.listed()

    assert scene.venue.named("quote_conversion") == []
    assert scene.told()[0].endswith("not converted: the kill switch is on")


def test_books_that_still_differ_are_said_and_nothing_waits_for_ever() -> None:
    scene = Scene().to_commit().answered(DONE)
    scene.compared("USDC: its wallet can't be read")
    assert scene.told() == [CONVERTED, "USDC: its wallet can't be read"]

    slow = Scene().to_commit().answered(DONE)
    slow.wait(BOOKED_WITHIN_NS + 2 * POLL_EVERY_NS)
    later = "what has moved is booked by the next comparison"
    assert slow.ask("r2").told("r2") == [CONVERTED, later]


def test_nobody_waits_for_longer_than_a_few_seconds() -> None:
    scene = Scene().to_commit()
    scene.wait(ANSWER_WITHIN_NS + SECOND)

    assert scene.folder.answers["r1"]["lines"][-1] == "converting USD to USDC"
