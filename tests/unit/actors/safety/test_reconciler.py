"""One comparison at a time, in its order; trading opens by a clean one and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.ports import ANSWER_LIMIT_NS
from actors.kernel.topology import ORDER_MANAGER, PORTFOLIO, RISK_GATE
from actors.safety.boot_judge import BOOT_WITHIN_NS, BOOTING, LINEAGE, NO_PRODUCTS
from actors.safety.holdings import AGAIN_NS, BREAKER, COMPARISONS, CONFIRM_NS, LOOKS
from actors.safety.reconcile_steps import OVERLAP_NS, BoundAccount
from actors.safety.reconciler import (
    DIGEST_LIMIT_NS,
    EVERY_NS,
    GAP_AGAIN_NS,
    LISTS,
    LOOK_EVERY_NS,
    TIME_GAP,
    Reconciler,
)
from domain.messages.control import (
    AlertRaised,
    DiscrepancyFound,
    ReconcileFinished,
    ReconcileRequested,
    SweepFinished,
    SweepRequested,
    Synced,
    SyncRequested,
)
from domain.messages.portfolio import LedgerReported, StatementTaken
from domain.messages.supervision import ActorProven, BootCompleted, GapSeen, ProductsChanged
from domain.messages.venue import (
    AccountsListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)
from domain.model.breakers import Effect
from domain.model.entries import EntryKind, Unread
from domain.model.instants import DAY, HOUR, SECOND, Nanos
from domain.model.money import Amount, Rate
from domain.model.portfolio import AccountBalance
from domain.system.unlisted import FIRST_PAUSE_NS
from tests.builders.harness import START_NS, Harness, Sent, deliver, of_kind
from tests.builders.messages import MAKER, TAKER, a_product, a_seen, an_intent
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("REC1")

SWEPT = SweepFinished(("boot",), 0, Nanos(0))
CATALOGUE = ["read_permissions", "list_products", "read_fees"]
HISTORY = ["list_orders", "list_fills"]
LAST_RECORD_NS = START_NS - HOUR


class Scene:
    """A reconciler, and everybody whom it asks."""

    def __init__(
        self,
        *,
        is_booted: bool = False,
        portfolio_uuid: str | None = None,
        epoch: int = 1,
        known: BootCompleted | None = None,
        is_new: bool = False,
    ) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        self.is_open = True
        account = BoundAccount(
            "USD", portfolio_uuid, None if is_new else Nanos(LAST_RECORD_NS), known
        )
        self.cash = {"venue": Decimal(100), PORTFOLIO: Decimal(100), RISK_GATE: Decimal(100)}
        self.actor = self.harness.start(
            Reconciler, "reconciler", self.venue, account, is_booted=is_booted, epoch=epoch
        )

    def tell(self, *messages: object) -> None:
        deliver(self.actor, *messages)

    def wait(self, by_ns: int) -> None:
        self.harness.pass_time(self.actor, by_ns)

    # What others answer.

    def answer(self, what: str, **changes: Any) -> None:
        """Answer the newest question of one kind."""
        self.tell(evolve(self.answer_to(what, self.venue.last(what).token), **changes))

    def answer_to(self, what: str, token: int) -> Any:
        """Return a good answer to a question."""
        seen = (a_seen(an_intent()),)
        accounts = (AccountBalance("USD", self.cash["venue"], Decimal(0)),)
        products = tuple(a_product(name) for name in ("ETH-USD", "BTC-USD", "BTC-EUR"))
        answers: dict[str, Any] = {
            "read_permissions": PermissionsRead(token, True, True, False, "uuid", None),
            "list_products": ProductsListed(token, products, True, None),
            "read_fees": FeesRead(token, MAKER, TAKER, None),
            "list_orders": OrdersListed(token, seen, True, Nanos(0), None),
            "list_fills": FillsListed(token, (), True, None),
            "list_accounts": AccountsListed(token, accounts, True, None),
        }
        return answers[what]

    def answer_all(self, questions: Iterable[str]) -> None:
        for what in questions:
            self.answer(what)

    def sync_token(self, receiver: str) -> int:
        tokens = [
            sent.body.token
            for sent in self.harness.sent
            if isinstance(sent.body, SyncRequested) and receiver in sent.to
        ]
        return int(tokens[-1])

    def digest(self) -> None:
        self.tell(Synced(ORDER_MANAGER, self.sync_token(ORDER_MANAGER)))

    def report(self, keeper: str) -> None:
        cash = Amount(self.cash[keeper])
        self.tell(LedgerReported(keeper, self.sync_token(keeper), self.is_open, cash))

    def books(self) -> None:
        self.answer("list_accounts")
        self.report(PORTFOLIO)
        self.report(RISK_GATE)

    def compare(self) -> None:
        """Let a run from its history to its comparison be answered."""
        self.answer_all(HISTORY)
        self.digest()
        self.books()

    def compare_to_the_end(self) -> None:
        """Let every comparison of a pass be answered until it is finished."""
        before = len(self.finished)
        for _ in range(COMPARISONS + 1):
            self.compare()
            if len(self.finished) > before:
                return
            self.wait(AGAIN_NS)
        raise AssertionError("the pass does not end")

    def boot(self) -> None:
        self.answer_all(CATALOGUE)
        self.tell(SWEPT)
        self.compare_to_the_end()
        self.harness.sent.clear()
        self.venue.take()

    @property
    def finished(self) -> list[ReconcileFinished]:
        return self.harness.bodies(ReconcileFinished)

    @property
    def reasons(self) -> list[str]:
        return [each.reason for each in self.finished]


# The start.


@pytest.mark.req("BOOT1")
def test_orders_are_looked_at_only_when_the_sweep_before_is_over() -> None:
    scene = Scene()
    assert [call.what for call in scene.venue.calls] == CATALOGUE
    scene.answer_all(CATALOGUE)

    assert scene.harness.bodies(SweepRequested) == [
        SweepRequested("boot", includes_exits=False, awaits_ours=False)
    ]
    scene.wait(10 * ANSWER_LIMIT_NS)
    assert scene.venue.named("list_orders") == []

    scene.tell(SWEPT)
    assert [call.what for call in scene.venue.calls[-2:]] == HISTORY
    assert len(scene.harness.bodies(SweepRequested)) == 1


@pytest.mark.req("BOOT1")
def test_a_sweep_that_ends_before_the_catalogue_is_read_is_not_the_one_asked_for() -> None:
    scene = Scene()
    scene.tell(SWEPT)
    scene.answer_all(CATALOGUE)

    assert scene.venue.named("list_orders") == []


@pytest.mark.req("BOOT1")
def test_the_end_of_another_sweep_is_not_the_one_asked_for_which_is_asked_for_again() -> None:
    scene = Scene()
    scene.answer_all(CATALOGUE)
    scene.harness.sent.clear()

    scene.tell(SweepFinished(("canceller rebuilt",), 0, Nanos(0)))

    assert scene.venue.named("list_orders") == []
    (again,) = scene.harness.bodies(SweepRequested)
    assert again.reason == "boot"

    scene.tell(SWEPT)
    assert scene.venue.named("list_orders") != []


@pytest.mark.req("BOOT1")
def test_trading_may_begin_after_the_first_comparison_with_what_was_read() -> None:
    scene = Scene()
    scene.answer_all(CATALOGUE)
    scene.tell(SWEPT)
    assert scene.harness.bodies(BootCompleted) == []
    scene.compare()

    (boot,) = scene.harness.bodies(BootCompleted)
    assert [product.id for product in boot.products] == ["BTC-USD", "ETH-USD"]
    assert (boot.maker_rate, boot.taker_rate, boot.is_clean) == (MAKER, TAKER, True)
    assert len(scene.harness.bodies(ProductsChanged)[0].products) == 3
    assert [each.occasion for each in scene.harness.bodies(StatementTaken)] == ["start"]
    assert scene.reasons == ["boot"]


@pytest.mark.req("BOOT1")
def test_an_unclean_start_says_so_and_blocks_entries() -> None:
    scene = Scene()
    scene.cash[RISK_GATE] = Decimal(99)
    scene.answer_all(CATALOGUE)
    scene.tell(SWEPT)
    scene.compare_to_the_end()

    (boot,) = scene.harness.bodies(BootCompleted)
    assert not boot.is_clean
    assert scene.harness.is_open(BREAKER)


@pytest.mark.req("BOOT1")
def test_a_start_asks_for_everything_since_the_last_record() -> None:
    scene = Scene()
    scene.answer_all(CATALOGUE)
    scene.tell(SWEPT)

    since = [scene.venue.last(each).about["since_ns"] for each in HISTORY]
    assert since == [LAST_RECORD_NS - OVERLAP_NS] * 2


@pytest.mark.req("M1")
@pytest.mark.parametrize(
    ("changes", "breaker", "effect"),
    [
        ({"portfolio_uuid": "another"}, "account", Effect.HALT),
        ({"can_trade": False}, "permissions", Effect.BLOCK),
        ({"can_view": False}, "permissions", Effect.BLOCK),
        ({"can_transfer": True}, "permissions", Effect.BLOCK),
    ],
)
def test_a_key_that_is_not_the_right_one_stops_entries(
    changes: dict[str, object], breaker: str, effect: Effect
) -> None:
    scene = Scene(portfolio_uuid="uuid")
    scene.answer("read_permissions", **changes)
    scene.answer_all(CATALOGUE[1:])

    assert [(each.name, each.effect) for each in scene.harness.trips()] == [(breaker, effect)]


@pytest.mark.req("CASH1")
def test_a_catalogue_without_our_currency_blocks_entries_and_says_what_there_is() -> None:
    scene = Scene()
    scene.answer("list_products", products=(a_product("ETH-USDT"),))
    scene.answer_all(("read_permissions", "read_fees"))

    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect) == (NO_PRODUCTS, Effect.BLOCK)
    assert "ETH-USDT" in breaker.reason


@pytest.mark.req("CASH1")
@pytest.mark.parametrize(
    ("currency", "codes"),
    [("EUR", ["WALLET"]), ("USD", []), ("USDC", ["WALLET", "OTHER_WALLET"])],
)
def test_a_start_with_its_money_in_another_wallet_is_told(currency: str, codes: list[str]) -> None:
    scene = Scene()
    scene.answer_all(CATALOGUE)
    scene.tell(SWEPT)
    scene.cash[PORTFOLIO] = scene.cash[RISK_GATE] = Decimal(100 if currency == "USD" else 0)
    wallet = AccountBalance(currency, Decimal(100), Decimal(0))
    for _ in range(COMPARISONS + 2 * LOOKS + 1):
        scene.answer_all(HISTORY)
        scene.digest()
        scene.answer("list_accounts", accounts=(wallet,))
        scene.report(PORTFOLIO)
        scene.report(RISK_GATE)
        if scene.finished:
            break
        scene.wait(CONFIRM_NS)

    assert scene.finished
    told = [each.code for each in scene.harness.bodies(AlertRaised)]
    assert [each for each in told if "WALLET" in each] == codes


# A start that can't be completed.

KNOWN = BootCompleted((a_product("BTC-USD"),), MAKER, TAKER, is_clean=True)


NAMES_OF = {"list_orders": "orders", "list_fills": "fills", "list_accounts": "accounts"}
Loss = Callable[[str], dict[str, object]]
NOTHING_LOST: dict[str, object] = {}


class World:
    """Whoever a reconciler asks, answering at once; `loss` says what becomes of a list."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.boots: list[BootCompleted] = []
        self.asked: list[str] = []
        self._sent = 0

    def go_on(self, seconds: float, loss: Loss = lambda _: NOTHING_LOST) -> None:
        """Let time pass and answer what is asked, in steps of a quarter of a second."""
        for _ in range(int(4 * seconds)):
            while self._answer_one(loss):
                continue
            self.scene.wait(SECOND // 4)

    def _answer_one(self, loss: Loss) -> bool:
        calls, sent = self.scene.venue.calls, self.scene.harness.sent
        if calls:
            call = calls.pop(0)
            self.asked.append(call.what)
            self.scene.tell(evolve(self.scene.answer_to(call.what, call.token), **loss(call.what)))
        elif self._sent < len(sent):
            self._sent += 1
            self._hear(sent[self._sent - 1])
        else:
            return False
        return True

    def _hear(self, sent: Sent) -> None:
        match sent.body:
            case SweepRequested():
                self.scene.tell(SWEPT)
            case SyncRequested() if ORDER_MANAGER in sent.to:
                self.scene.digest()
            case SyncRequested():
                self.scene.report(sent.to[0])
            case BootCompleted():
                self.boots.append(sent.body)


def failing(part: str, **lost: object) -> Loss:
    """Let one kind of question fail each time."""
    changes = lost or {"failure": "HTTP 503"}
    return lambda asked: changes if asked == part else {}


@pytest.mark.req("M1", "BOOT1")
@pytest.mark.parametrize("part", [*CATALOGUE, *HISTORY, "list_accounts"])
def test_where_lots_are_owned_a_part_that_fails_keeps_no_exit_from_running(part: str) -> None:
    scene = Scene(known=KNOWN)
    world = World(scene)

    world.go_on(12, failing(part))

    assert world.boots == [evolve(KNOWN, is_clean=False, is_provisional=True)]
    (booting,) = [each for each in scene.harness.trips() if each.name == BOOTING]
    assert booting.effect is Effect.REDUCE_ONLY
    assert "HTTP 503" in booting.reason
    early = [each for each in scene.harness.bodies(SweepRequested) if each.awaits_ours]
    assert len(early) == (part in CATALOGUE), "what rests does not wait for a catalogue"


@pytest.mark.req("M1", "BOOT1")
@pytest.mark.parametrize("part", [*CATALOGUE, *HISTORY, "list_accounts"])
def test_what_is_missing_is_asked_for_until_it_comes_and_then_entries_may_go(part: str) -> None:
    scene = Scene(known=KNOWN)
    world = World(scene)
    world.go_on(70, failing(part))

    world.go_on(10)

    assert [each.is_provisional for each in world.boots] == [True, False]
    assert world.boots[-1].is_clean
    assert scene.harness.trips() == ()


@pytest.mark.req("M1")
def test_where_nothing_is_owned_a_start_that_fails_opens_nothing_and_is_told() -> None:
    scene = Scene()
    world = World(scene)

    world.go_on(20, failing("read_fees"))

    assert world.boots == []
    assert BOOTING in {each.name for each in scene.harness.trips()}


@pytest.mark.req("M1", "E2")
@pytest.mark.parametrize("part", [*CATALOGUE, *HISTORY, "list_accounts"])
def test_a_start_that_lacks_a_list_has_one_breaker_and_one_line_of_the_log(part: str) -> None:
    scene = Scene()
    world = World(scene)
    world.go_on(50, failing(part, failure="the venue repeats a page"))

    (booting,) = scene.harness.trips()
    assert booting.name == BOOTING
    assert "the venue repeats a page" in booting.reason
    assert len(scene.harness.log.of("warning")) == 1
    assert world.asked.count(part) <= 10


@pytest.mark.req("M1")
def test_a_start_that_waits_for_a_sweep_opens_with_exits_alone_too() -> None:
    scene = Scene(known=KNOWN)
    scene.answer_all(CATALOGUE)

    scene.wait(BOOT_WITHIN_NS)

    (boot,) = scene.harness.bodies(BootCompleted)
    assert boot.is_provisional
    assert "sweep" in next(each.reason for each in scene.harness.trips())


@pytest.mark.req("BOOT1", "REC1")
@pytest.mark.parametrize(
    ("is_new", "filled", "client", "is_blocked"),
    [
        (True, "1", an_intent().client_order_id, True),
        (True, "0", an_intent().client_order_id, False),
        (True, "1", "0b8f3cf5-6a40-4f3c-9c1f-3a1d3f0e2a55", False),
        (True, "1", "", False),
        (False, "1", an_intent().client_order_id, False),
    ],
    ids=["ours of another", "not filled", "drawn by others", "without an id", "not a new journal"],
)
def test_a_new_journal_on_an_account_with_a_past_of_ours_blocks_until_a_person_says_so(
    is_new: bool, filled: str, client: str, is_blocked: bool
) -> None:
    scene = Scene(is_new=is_new)
    scene.answer_all(CATALOGUE)
    scene.tell(SWEPT)
    asked_since = scene.venue.last("list_orders").about["since_ns"]
    seen = evolve(a_seen(an_intent(), filled=filled), client_order_id=client)
    scene.answer("list_orders", orders=(seen,))
    scene.answer("list_fills")

    assert asked_since <= START_NS - (30 * DAY if is_new else HOUR)
    latched = [(each.name, each.effect) for each in scene.harness.board.latched()]
    assert latched == ([(LINEAGE, Effect.BLOCK)] if is_blocked else [])


# Lists that fail.


@pytest.mark.req("E2")
@pytest.mark.parametrize("part", [*HISTORY, "list_accounts"])
@pytest.mark.parametrize("lost", [{"failure": "HTTP 500"}, {"is_complete": False}])
def test_a_list_that_fails_for_long_blocks_entries_and_is_told_once(
    part: str, lost: dict[str, object]
) -> None:
    scene = Scene(is_booted=True)
    world, told = World(scene), list[object]()
    scene.harness.board.on_change(told.append)

    world.go_on(90, failing(part, **lost))

    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect) == (LISTS, Effect.BLOCK)
    assert NAMES_OF[part] in breaker.reason
    assert len(told) == 1
    assert len(scene.harness.log.of("warning")) == 1

    world.go_on(20)
    assert scene.harness.trips() == ()


@pytest.mark.req("E2")
def test_a_list_that_fails_once_blocks_nothing() -> None:
    scene = Scene(is_booted=True)
    scene.answer("list_orders", failure="HTTP 500")
    scene.wait(FIRST_PAUSE_NS)
    scene.compare_to_the_end()

    assert scene.harness.trips() == ()


@pytest.mark.req("PAC")
def test_what_fails_is_asked_for_at_a_pace() -> None:
    world = World(Scene(is_booted=True))

    world.go_on(60, failing("list_orders"))

    assert 5 <= world.asked.count("list_orders") <= 11


# One pass.


@pytest.mark.parametrize("part", CATALOGUE)
def test_a_part_of_the_catalogue_that_fails_is_asked_for_with_the_rest(part: str) -> None:
    scene = Scene()
    scene.answer(part, failure="HTTP 503")
    scene.venue.take()
    scene.wait(FIRST_PAUSE_NS)

    assert scene.venue.take() == CATALOGUE


@pytest.mark.parametrize("part", [*HISTORY, "list_accounts"])
@pytest.mark.parametrize("lost", [{"failure": "HTTP 503"}, {"is_complete": False}])
def test_what_is_not_whole_is_asked_for_anew_and_compared_with_nothing(
    part: str, lost: dict[str, object]
) -> None:
    scene = Scene(is_booted=True)
    if part == "list_accounts":
        scene.answer_all(HISTORY)
        scene.digest()
        scene.report(PORTFOLIO)
        scene.report(RISK_GATE)
    scene.answer(part, **lost)
    assert scene.finished == []

    scene.wait(FIRST_PAUSE_NS)
    scene.compare()
    assert scene.reasons == ["rebuilt"]


def test_orders_and_fills_are_digested_before_the_books_are_asked_for() -> None:
    scene = Scene(is_booted=True)
    scene.answer_all(HISTORY)

    handed = [sent.body for sent in scene.harness.sent if sent.to == (ORDER_MANAGER,)]
    assert [type(each) for each in handed] == [OrdersListed, FillsListed, SyncRequested]
    assert [each.token for each in handed[:2]] == [0, 0]
    assert scene.venue.named("list_accounts") == []

    scene.digest()
    assert len(scene.venue.named("list_accounts")) == 1
    assert {scene.sync_token(keeper) for keeper in (PORTFOLIO, RISK_GATE)}


@pytest.mark.parametrize("silent", [ORDER_MANAGER, PORTFOLIO, RISK_GATE])
def test_an_actor_that_died_with_the_question_does_not_stop_the_comparison(silent: str) -> None:
    scene = Scene(is_booted=True)
    scene.answer_all(HISTORY)
    if silent != ORDER_MANAGER:
        scene.digest()
        scene.answer("list_accounts")
        scene.report(RISK_GATE if silent == PORTFOLIO else PORTFOLIO)
    scene.venue.take()

    scene.wait(DIGEST_LIMIT_NS)

    assert scene.venue.take() == HISTORY
    assert scene.finished == []


def test_a_report_of_an_earlier_run_is_not_compared() -> None:
    scene = Scene(is_booted=True)
    scene.answer_all(HISTORY)
    scene.digest()
    stale = scene.sync_token(PORTFOLIO)
    scene.wait(DIGEST_LIMIT_NS)  # begun anew
    scene.answer_all(HISTORY)
    scene.digest()
    scene.answer("list_accounts")
    scene.report(PORTFOLIO)

    scene.tell(LedgerReported(PORTFOLIO, stale, True, Amount(Decimal(1))))
    assert scene.finished == []
    scene.report(RISK_GATE)

    assert [each.is_clean for each in scene.finished] == [True]


@pytest.mark.parametrize("part", [*HISTORY, "list_accounts"])
def test_a_question_that_the_venue_never_answers_does_not_hang_for_ever(part: str) -> None:
    scene = Scene(is_booted=True)
    if part == "list_accounts":
        scene.answer_all(HISTORY)
        scene.digest()
        scene.report(PORTFOLIO)
        scene.report(RISK_GATE)
    else:
        scene.answer_all([each for each in HISTORY if each != part])
    asked = len(scene.venue.named("list_orders"))

    scene.wait(ANSWER_LIMIT_NS - LOOK_EVERY_NS)
    assert len(scene.venue.named("list_orders")) == asked
    scene.wait(3 * LOOK_EVERY_NS)
    assert len(scene.venue.named("list_orders")) == asked + 1

    scene.compare()
    assert scene.reasons[0] == "rebuilt"


@pytest.mark.req("BOOT1")
@pytest.mark.parametrize("part", CATALOGUE)
def test_a_start_does_not_hang_for_ever_either(part: str) -> None:
    scene = Scene()
    scene.answer_all([each for each in CATALOGUE if each != part])
    scene.venue.take()

    scene.wait(ANSWER_LIMIT_NS + 2 * LOOK_EVERY_NS)

    assert scene.venue.take() == CATALOGUE


# The verdict.


def test_a_difference_has_to_survive_before_it_counts() -> None:
    scene = Scene(is_booted=True)
    scene.cash[RISK_GATE] = Decimal(99)
    scene.compare()
    assert scene.finished == []
    assert not scene.harness.is_open(BREAKER)

    scene.cash[RISK_GATE] = Decimal(100)
    scene.wait(AGAIN_NS)
    scene.compare()

    assert [each.is_clean for each in scene.finished] == [True]
    assert scene.harness.bodies(DiscrepancyFound) == []


def test_a_difference_that_stays_blocks_entries_and_is_told_once() -> None:
    scene = Scene(is_booted=True)
    scene.cash[RISK_GATE] = Decimal(99)
    scene.compare_to_the_end()

    assert scene.finished[0].is_clean is False
    assert "risk_gate (99, 0 lots)" in scene.finished[0].problems[0]
    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect) == (BREAKER, Effect.BLOCK)

    scene.tell(ReconcileRequested("once more"))
    scene.compare_to_the_end()
    assert len(scene.harness.bodies(DiscrepancyFound)) == 1


def test_it_is_compared_so_often_and_no_oftener() -> None:
    scene = Scene(is_booted=True)
    scene.cash[RISK_GATE] = Decimal(99)
    scene.compare_to_the_end()

    assert len(scene.venue.named("list_accounts")) == 1 + COMPARISONS


@pytest.mark.parametrize("keeper", [PORTFOLIO, RISK_GATE])
def test_two_books_of_ours_that_differ_are_a_difference(keeper: str) -> None:
    scene = Scene(is_booted=True)
    scene.cash[keeper] = Decimal(99)
    scene.compare_to_the_end()

    assert not scene.finished[0].is_clean
    assert scene.harness.is_open(BREAKER)


@pytest.mark.way_out("reconcile")
def test_only_a_clean_comparison_unblocks() -> None:
    scene = Scene(is_booted=True)
    scene.cash[RISK_GATE] = Decimal(99)
    scene.compare_to_the_end()
    scene.tell(ReconcileRequested("again"))
    scene.compare_to_the_end()
    assert scene.harness.is_open(BREAKER)

    scene.cash[RISK_GATE] = Decimal(100)
    scene.tell(ReconcileRequested("again"))
    scene.compare_to_the_end()

    assert not scene.harness.is_open(BREAKER)


# After a gap.


def after_a_gap() -> Scene:
    scene = Scene(is_booted=True)
    scene.compare_to_the_end()
    scene.actor.trip(TIME_GAP, "the process did not run", effect=Effect.BLOCK)
    scene.tell(GapSeen(Nanos(HOUR)))
    return scene


@pytest.mark.way_out("time_gap")
@pytest.mark.req("TIME2")
def test_a_clean_comparison_closes_the_gap() -> None:
    scene = after_a_gap()
    assert scene.harness.is_open(TIME_GAP)
    scene.compare_to_the_end()

    assert not scene.harness.is_open(TIME_GAP)
    assert scene.reasons == ["rebuilt", "gap"]


@pytest.mark.req("TIME2")
def test_an_unclean_comparison_after_a_gap_closes_nothing_and_is_made_again() -> None:
    scene = after_a_gap()
    scene.cash[RISK_GATE] = Decimal(99)
    scene.compare_to_the_end()
    assert scene.harness.is_open(TIME_GAP)

    scene.cash[RISK_GATE] = Decimal(100)
    scene.wait(GAP_AGAIN_NS)
    scene.compare_to_the_end()

    assert not scene.harness.is_open(TIME_GAP)
    assert scene.reasons == ["rebuilt", "gap", "gap"]


@pytest.mark.req("TIME2")
def test_a_clean_comparison_for_another_reason_does_not_close_the_gap() -> None:
    scene = Scene(is_booted=True)
    scene.actor.trip(TIME_GAP, "the process did not run", effect=Effect.BLOCK)
    scene.tell(GapSeen(Nanos(HOUR)))  # while another comparison is on its way
    scene.compare_to_the_end()

    assert scene.reasons == ["rebuilt"]
    assert scene.harness.is_open(TIME_GAP)


@pytest.mark.req("TIME2")
def test_after_an_unclean_one_the_gap_waits_for_a_comparison_of_its_own() -> None:
    scene = after_a_gap()
    scene.cash[RISK_GATE] = Decimal(99)
    scene.compare_to_the_end()
    scene.cash[RISK_GATE] = Decimal(100)
    scene.tell(ReconcileRequested("another"))
    scene.compare_to_the_end()

    assert scene.reasons == ["rebuilt", "gap", "another"]
    assert scene.harness.is_open(TIME_GAP)


@pytest.mark.req("TIME2")
def test_a_second_gap_during_the_comparison_needs_one_of_its_own() -> None:
    scene = after_a_gap()
    scene.tell(GapSeen(Nanos(HOUR)))
    scene.compare_to_the_end()
    assert scene.harness.is_open(TIME_GAP)
    scene.compare_to_the_end()

    assert not scene.harness.is_open(TIME_GAP)


# Requests.


def test_requests_queue_up_and_are_served_in_order() -> None:
    scene = Scene(is_booted=True)
    scene.tell(ReconcileRequested("one"), ReconcileRequested("two"))
    for _ in range(3):
        scene.compare_to_the_end()

    assert scene.reasons == ["rebuilt", "one", "two"]


def test_a_request_begins_a_run_anew_that_waits_for_actors_who_may_have_been_replaced() -> None:
    scene = Scene(is_booted=True)
    scene.answer_all(HISTORY)
    scene.venue.take()

    scene.tell(ReconcileRequested("rebuild"))

    assert scene.venue.take() == HISTORY


def test_it_compares_again_and_again_and_only_when_nothing_else_is_on() -> None:
    scene = Scene()
    scene.boot()
    scene.wait(EVERY_NS)
    scene.wait(EVERY_NS)  # the first is not answered yet
    scene.compare_to_the_end()

    assert scene.reasons == ["periodic"]
    scene.wait(EVERY_NS)
    scene.compare_to_the_end()
    assert scene.reasons == ["periodic", "periodic"]


def test_the_statement_is_taken_at_the_start_at_the_stop_and_hourly_between() -> None:
    scene = Scene()
    scene.boot()
    for reason in ("one", "stop"):
        scene.tell(ReconcileRequested(reason))
        scene.compare_to_the_end()
    assert [each.occasion for each in scene.harness.bodies(StatementTaken)] == ["stop"]

    scene.harness.clock.move(HOUR)
    scene.tell(ReconcileRequested("two"))
    scene.compare_to_the_end()
    assert [each.occasion for each in scene.harness.bodies(StatementTaken)] == ["stop", "hourly"]


def test_requests_of_one_kind_are_one_comparison_however_long_the_venue_is_silent() -> None:
    scene = Scene(is_booted=True)
    for number in range(1_800):
        scene.tell(ReconcileRequested(f"rebuild:{number % 3}"))
    for _ in range(2):
        scene.compare_to_the_end()

    assert scene.reasons == ["rebuilt", "rebuild:0", "rebuild:1", "rebuild:2"]
    scene.venue.take()
    scene.wait(FIRST_PAUSE_NS)
    assert scene.venue.take() == []


def test_a_person_waits_behind_no_other_request() -> None:
    scene = Scene(is_booted=True)
    scene.tell(
        ReconcileRequested("one"), ReconcileRequested("stop"), ReconcileRequested("resume:7")
    )
    for _ in range(4):
        scene.compare_to_the_end()

    assert scene.reasons == ["rebuilt", "resume:7", "stop", "one"]


def test_a_person_does_not_wait_for_a_comparison_that_only_pauses() -> None:
    scene = Scene(is_booted=True)
    scene.answer("list_orders", failure="HTTP 500")
    scene.tell(ReconcileRequested("resume:7"))
    for _ in range(2):
        scene.compare_to_the_end()

    assert scene.reasons == ["resume:7", "rebuilt"]


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_compares_at_once_and_is_proven_only_by_a_clean_one() -> None:
    scene = Scene(is_booted=True, epoch=2)
    scene.cash[RISK_GATE] = Decimal(99)
    scene.compare_to_the_end()
    assert scene.harness.bodies(ActorProven) == []
    assert scene.harness.bodies(SweepRequested) == []

    scene.cash[RISK_GATE] = Decimal(100)
    scene.tell(ReconcileRequested("again"))
    scene.compare_to_the_end()

    assert len(of_kind(scene.harness.bodies(), ActorProven)) == 1
    assert scene.harness.bodies(BootCompleted) == []


@given(order=st.permutations([*range(3)]))
def test_balances_and_books_may_be_answered_in_any_order(order: list[int]) -> None:
    scene = Scene(is_booted=True)
    scene.answer_all(HISTORY)
    scene.digest()
    steps = [
        lambda: scene.answer("list_accounts"),
        lambda: scene.report(PORTFOLIO),
        lambda: scene.report(RISK_GATE),
    ]
    for number in order:
        assert scene.finished == []
        steps[number]()

    assert [each.is_clean for each in scene.finished] == [True]


def test_fees_that_are_not_told_are_asked_for_again() -> None:
    scene = Scene()
    scene.answer_all(CATALOGUE[:2])
    scene.answer("read_fees", maker=None)
    scene.venue.take()
    scene.wait(FIRST_PAUSE_NS)

    assert [call.what for call in scene.venue.calls] == CATALOGUE
    scene.answer_all(CATALOGUE[:2])
    scene.answer("read_fees", maker=Rate(Decimal("0.004")))
    assert len(scene.harness.bodies(SweepRequested)) == 1


# Wallets that can't be read.


def a_wallet(currency: str, *, is_foreign: bool = False) -> Unread:
    return Unread(kind=EntryKind.WALLET, reason="hold", name=currency, is_foreign=is_foreign)


@pytest.mark.req("E2")
def test_books_do_not_begin_with_cash_that_cannot_be_read() -> None:
    scene = Scene()
    scene.is_open = False
    scene.answer_all(CATALOGUE)
    scene.tell(SWEPT)
    scene.answer_all(HISTORY)
    scene.digest()

    scene.answer("list_accounts", unread=(a_wallet("USD"),))
    scene.report(PORTFOLIO)
    scene.report(RISK_GATE)

    assert scene.harness.bodies(StatementTaken) == []
    assert scene.finished == []


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    ("wallet", "is_clean"),
    [
        (a_wallet("USD"), False),
        (a_wallet(""), False),
        (a_wallet("DOGE"), True),
        (a_wallet("USD", is_foreign=True), True),
    ],
    ids=["our currency", "nobody knows which", "another", "futures"],
)
def test_a_wallet_that_cannot_be_read_matters_if_we_own_its_currency(
    wallet: Unread, is_clean: bool
) -> None:
    scene = Scene()
    scene.answer_all(CATALOGUE)
    scene.tell(SWEPT)
    for _ in range(COMPARISONS + 1):
        scene.answer_all(HISTORY)
        scene.digest()
        scene.answer("list_accounts", unread=(wallet,))
        scene.report(PORTFOLIO)
        scene.report(RISK_GATE)
        if scene.finished:
            break
        scene.wait(AGAIN_NS)

    assert [each.is_clean for each in scene.finished] == [is_clean]
    assert bool(scene.harness.bodies(StatementTaken)) is is_clean
