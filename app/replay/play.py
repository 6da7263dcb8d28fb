"""Plays a run again, and compares what was recorded with what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from attrs import evolve

from actors.kernel.envelope import Envelope
from adapters.simulator.market_data.open import expander_of
from adapters.simulator.market_data.source import Expander, Step
from app.backtest.instants import decides_ns
from app.backtest.system import BacktestSystem
from app.backtest.timeline import BacktestTimeline
from app.command_line.progress import Moved
from app.replay.plan import ReplayPlan
from app.replay.runs import NotReplayable
from domain.messages.decisions import OrderApproved, ProposalRefused, RoundJudged
from domain.model.breakers import Breaker
from domain.model.errors import InvariantBroken
from domain.model.instants import MINUTE, Nanos, bucket_start
from domain.model.money import ONE, ZERO, Price, Rate
from domain.model.portfolio import Lot
from domain.model.product import ProductId, Side
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger
from domain.portfolio.valuation import value
from domain.replay.comparison import Earned, ReplayComparison, compared
from domain.replay.hindrances import Hindrances, HindrancesFold
from domain.replay.pricing import Worth, earned
from domain.replay.session import PlayedSession, SessionFold

CENT = Decimal("0.01")
"""In quote currency: no residual below it says anything."""
SAME_INSTANTS = (
    "in each minute decided at the instant of the run's own first decision: its random delay makes"
    " no difference here"
)
Records = Iterable[tuple[Nanos, Any]]


class TapePrices:
    """Shows the best prices of the played market at any instant."""

    def __init__(self, expander: Expander) -> None:
        self._expander = expander
        self._known: dict[tuple[ProductId, int], tuple[Step, ...]] = {}

    def touch(self, product: ProductId, side: Side, at_ns: Nanos) -> Decimal | None:
        """Return at what one could have bought or sold then, None where nothing is known."""
        minute = bucket_start(at_ns, MINUTE)
        for begun_ns in (minute, Nanos(minute - MINUTE)):
            for step in reversed(self._steps(product, begun_ns)):
                levels = step.asks if side is Side.BUY else step.bids
                if step.at_ns <= at_ns and levels:
                    return levels[0].price
        return None

    def bids(self, product: ProductId, since_ns: int, until_ns: int) -> list[Decimal]:
        """Return the best bids of that time."""
        first = bucket_start(since_ns, MINUTE)
        return [
            step.bids[0].price
            for begun_ns in range(first, until_ns + 1, MINUTE)
            for step in self._steps(product, Nanos(begun_ns))
            if since_ns <= step.at_ns <= until_ns and step.bids
        ]

    def _steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        key = product, minute_ns
        if key not in self._known:
            self._known[key] = self._expander.steps(product, minute_ns)
        return self._known[key]


def play(plan: ReplayPlan, moved: Moved) -> ReplayComparison:
    """Play a run again, and compare; `moved` hears how many minutes are done.

    Raises:
        BacktestFailed: a strategy has died.
        NotReplayable: the market tells no price of what is owned at the end.
    """
    run = plan.run
    heard: list[tuple[Nanos, Any]] = []

    minute = bucket_start(max(_rounds(run.records), default=Nanos(0)), MINUTE)
    decided_ns = decides_ns(plan.backtest, minute)

    def hear(envelope: Envelope) -> None:
        at_ns, body = envelope.at_ns, envelope.body
        is_verdict = isinstance(body, OrderApproved | ProposalRefused)
        if at_ns <= run.ended_ns or (is_verdict and at_ns <= decided_ns):
            heard.append((at_ns, body))

    backtest = plan.backtest
    # What rested at the venue then, and what persons and breakers had stopped, is not played.
    before = evolve(run.before, orders={}, breakers=())
    BacktestTimeline(BacktestSystem(backtest, hear, before), moved).run()
    return _compared(plan, heard)


def same_instants(plan: ReplayPlan) -> ReplayPlan:
    """Return the plan with the decisions at the instants at which the run made the first of each
    minute: what is left of a difference then does not come from its random delay.
    """
    decided: dict[Nanos, Nanos] = {}
    for at_ns in _rounds(plan.run.records):
        decided.setdefault(bucket_start(at_ns, MINUTE), at_ns)
    backtest = evolve(plan.backtest, decided=decided)
    return evolve(plan, backtest=backtest, remarks=(*plan.remarks, SAME_INSTANTS))


def _rounds(records: Records) -> Iterator[Nanos]:
    return (at_ns for at_ns, message in records if isinstance(message, RoundJudged))


def _compared(plan: ReplayPlan, heard: Records) -> ReplayComparison:
    run = plan.run
    ledger = run.before.ledger
    lots = () if ledger is None else ledger.lots
    mine = _session(run.records, lots)
    theirs = _session(heard, lots)
    held = _hindrances(plan, run.records, run.before.breakers)
    own = _hindrances(plan, heard, ())
    played = plan.backtest
    tape = TapePrices(expander_of(played.market, played.seed, played.books))
    bids = {
        product: Price(bid)
        for product in sorted({trip.key.product for trip in (*mine.trips, *theirs.trips)})
        if (bid := tape.touch(product, Side.SELL, run.ended_ns)) is not None
    }
    kept = ONE - plan.backtest.fees.taker
    worth = {product: bid * kept for product, bid in bids.items()}
    books = _books(plan, run.records)
    profit = _profit(books, bids, plan)
    coins = ZERO
    if held.coins_moved:
        before = ZERO if ledger is None else _profit(ledger, bids, plan)
        coins = profit - before - _of_fills(mine, worth)
    money = Earned(
        told=run.told,
        run=profit,
        replay=_profit(_books(plan, heard), bids, plan),
        coins=coins,
        bound=_bound(books.lots, tape, run.ended_ns),
    )
    hindrances = held.without(own.own)
    return compared(
        mine, theirs, hindrances, earned=money, end_ns=run.ended_ns, worth=worth, touch=tape.touch
    )


def _session(records: Records, lots: Iterable[Lot]) -> PlayedSession:
    fold = SessionFold(lots)
    for at_ns, message in records:
        fold.take(at_ns, message)
    return fold.result()


def _hindrances(plan: ReplayPlan, records: Records, breakers: Iterable[Breaker]) -> Hindrances:
    quote, run = plan.backtest.config.app.quote.value, plan.run
    fold = HindrancesFold(breakers, run.begun_ns, quote, Decimal(run.opening.get(quote, 0)))
    for at_ns, message in records:
        fold.take(at_ns, message)
    return fold.result()


def _of_fills(session: PlayedSession, worth: Worth) -> Decimal:
    """Return what the fills of a session have brought by the end."""
    return sum(
        (
            earned(trip.key.product, one, worth)
            for trip in session.trips
            for one in (*trip.buys, *trip.sales)
        ),
        ZERO,
    )


def _books(plan: ReplayPlan, records: Records) -> Ledger:
    """Return the books at the end, after these records."""
    books = Books(plan.backtest.config.app.quote.value, plan.run.before.ledger)
    for _, message in records:
        books = books.apply(message)
    if books.ledger is None:
        raise InvariantBroken("a run that took a statement has no books")
    return books.ledger


def _profit(ledger: Ledger, bids: dict[ProductId, Price], plan: ReplayPlan) -> Decimal:
    """Return what the account has earned since it was opened, by the prices of the end."""
    view = value(ledger, bids, Rate(plan.backtest.fees.taker), None)
    if view.pnl_net is None:
        lots = ", ".join(lot.product for lot in ledger.lots if lot.product not in bids)
        raise NotReplayable(f"the market tells no price of {lots} at the end of the run")
    return view.pnl_net


def _bound(lots: Iterable[Lot], tape: TapePrices, end_ns: Nanos) -> Decimal:
    """Return how far the recorded value may lie off: what is owned moved in the last minute."""
    moved = CENT
    for lot in lots:
        bids = tape.bids(lot.product, end_ns - MINUTE, end_ns)
        moved += lot.held * (max(bids) - min(bids)) if bids else ZERO
    return moved
