"""A risk gate, an order manager and a venue's engine on a small wild market, all drawn by a seed.

The cheapest wiring that still has the real gate, the real order manager with who works resting
entries, the last gate and the venue's engine with its faults: no feed, no files, no recovery. Each
time the engine accepts an order its books are compared with every cap, at the prices and the NLV
of the newest judgement of the gate.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from attrs import define, evolve, field, frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.topology import AUDITOR, ENTRIES, ORDER_MANAGER, RISK_GATE, ROUTES
from actors.reporting.auditor import Auditor
from actors.trading.approvals import Approvals
from actors.trading.entries import RestingEntries
from actors.trading.last_gate import LastGate
from actors.trading.risk_gate import GateState, RiskGate
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.orders import VenueOrder
from adapters.simulator.engine.store import FillQuery, OrderQuery, SqliteStore
from adapters.simulator.faults.script import parse_script
from adapters.venues.coinbase.connect import Inside, connect_in_process
from adapters.venues.transport.inprocess import Errand, Reply
from app.run import settings
from app.run.virtual_ports import errand
from app.run.wiring import order_manager
from app.shadow.silent import SilentLog
from config.effective import Config
from config.loading import load
from domain.messages.decisions import (
    EntryProposed,
    ExitProposed,
    ProposalRefused,
    RoundJudged,
    RoundProposed,
)
from domain.messages.market import BarClosed, QuoteMoved
from domain.messages.orders import Receipt
from domain.messages.portfolio import StatementTaken
from domain.messages.supervision import BootCompleted, TradingReady
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.approval import ApprovedEntry, ApprovedOrder, ExitReason
from domain.model.context import Regime
from domain.model.instants import DAY, MINUTE, SECOND, Nanos
from domain.model.kill import KillOrder
from domain.model.market import Bar, Quote
from domain.model.money import ONE, ZERO, Amount, Price, Quantity
from domain.model.portfolio import AccountBalance, Lot
from domain.model.product import ProductId, Side
from domain.model.regime import Provenance, RegimeReading
from domain.model.universe import Standing
from domain.portfolio.ledger import Ledger
from domain.risk.exposure import Exposure
from domain.risk.gate import Rules
from domain.risk.mandate import Mandate
from domain.risk.throttle import ThrottleLimits
from domain.system.recovery import Recovered
from tests.builders.capability import a_right
from tests.builders.messages import MAKER, TAKER, a_level, a_proposal
from tests.builders.simulator import fault, script_of
from tests.builders.steps import START, product, step
from tests.builders.world import CONFIG, FEES
from tests.fakes.markets import Script
from tests.fakes.watched import WatchedFaults

THEMES = {"LAYER1": ("BTC", "ETH", "SOL"), "DEFI": ("UNI", "LINK"), "MEME": ("DOGE",)}
NAMES = tuple(name for members in THEMES.values() for name in members)
STRATEGIES = ("one", "two")
STEP_S, MINUTES, ENDS_S = 4, 2, 104
CENT, HUNDRED = Decimal("0.01"), Decimal(100)
PACE = {"cooldown", "spacing", "trade_cap", "losing_streak", "already_held", "slippage_budget"}
"""Rules of how often: what they refuse no cap would be asked about."""
CAPS = (
    "total_cap",
    "position_cap",
    "asset_cap",
    "theme_cap",
    "tier_cap",
    "open_positions",
    "order_cap",
    "insufficient_cash",
    "strategy_cap",
)
UNFUNDED = "INSUFFICIENT_FUND"
"""What the venue says to an order that the account can't pay."""


@frozen(kw_only=True)
class Limits:
    """Limits within what the code allows, percent of NLV but for the last three."""

    total: Decimal
    position: Decimal
    asset: Decimal
    themes: Mapping[str, Decimal]
    tier_position: Decimal
    tier: Decimal
    strategy: Decimal
    order: Decimal
    open_positions: int
    multiplier: Decimal


@cache
def shipped() -> Config:
    return load(CONFIG)


def percent(draw: random.Random, low: float, high: float) -> Decimal:
    return Decimal(str(round(draw.uniform(low, high), 2)))


def some_limits(draw: random.Random, regime: Regime) -> Limits:
    """Return limits of which now this and now that one is the strictest."""
    return Limits(
        total=percent(draw, 2, 15),
        position=percent(draw, 1, 5),
        asset=percent(draw, 1, 5),
        themes={theme: percent(draw, 1, 10) for theme in THEMES},
        tier_position=percent(draw, 1, 5),
        tier=percent(draw, 2, 15),
        strategy=percent(draw, 2, 15),
        order=percent(draw, 80, 600),
        open_positions=draw.randint(1, 6),
        multiplier=min(ONE, regime.multiplier),
    )


def rules_of(limits: Limits) -> Rules:
    """Return every rule but those of pace, with these limits."""
    members: dict[str, dict[str, Any]] = {
        "total_cap": {"total_pct": limits.total},
        "position_cap": {"position_pct": limits.position},
        "asset_cap": {"asset_pct": limits.asset},
        "theme_cap": {"max_per_theme_pct": MappingProxyType(dict(limits.themes))},
        "order_cap": {"max_order_usd": limits.order},
        "open_positions": {"open_positions": limits.open_positions},
    }
    rules = (rule for rule in shipped().policy.rules if rule.CODE not in PACE)
    return tuple(evolve(rule, **members.get(rule.CODE, {})) for rule in rules)


def mandate_of(limits: Limits, draw: random.Random) -> Mandate:
    """Return the mandate with these limits; entries are sometimes followed, sometimes taken."""
    usual = settings.mandate_of(shipped())
    (tier, *_), known = sorted(usual.tiers), usual.tiers
    own = evolve(
        known[tier],
        position_pct=limits.tier_position,
        tier_pct=limits.tier,
        size_pct=None,
        slippage_bps=Decimal(60),
    )
    return evolve(
        usual,
        themes=THEMES,
        tiers={tier: own},
        budget_pct=dict.fromkeys(STRATEGIES, limits.strategy),
        trades_per_cycle=dict.fromkeys(STRATEGIES, 20),
        pyramids=frozenset(STRATEGIES),
        working=evolve(usual.working, takes_rest=draw.random() < 0.3),
    )


@define
class Prices:
    """The path of each product: mostly small moves, now and then one of up to a half."""

    paths: dict[ProductId, list[Decimal]]

    @classmethod
    def drawn(cls, draw: random.Random, products: Sequence[ProductId]) -> Prices:
        return cls({each: list(cls._path(draw)) for each in products})

    @staticmethod
    def _path(draw: random.Random) -> Iterator[Decimal]:
        price = 100.0
        for _ in range(MINUTES * 60 // STEP_S):
            far = draw.random() < 0.05
            price *= 1 + (draw.uniform(-0.5, 0.5) if far else draw.gauss(0, 0.002))
            price = min(max(price, 20.0), 500.0)
            yield Decimal(str(round(price, 2))).quantize(CENT)

    def at(self, name: ProductId, number: int) -> Decimal:
        return self.paths[name][number]

    def script(self, draw: random.Random) -> Script:
        steps = []
        for name, path in self.paths.items():
            for number, price in enumerate(path):
                at_s = number * STEP_S + (0.5 if number else 0.0)
                size = str(draw.choice([Decimal("0.01"), Decimal("0.3"), Decimal(9)]))
                bids, asks = ((a_level(str(price + side), "400"),) for side in (-CENT, CENT))
                low = str(price - CENT * draw.choice([0, 1, 5]))
                steps.append(step(at_s, (low, size), bids=bids, asks=asks, name=name))
        return Script(
            *steps, products=tuple(product(each) for each in self.paths), minutes=MINUTES + 1
        )


@frozen
class Judgement:
    """What the gate knew when it approved an order: asks, and the NLV."""

    number: int
    asks: Mapping[ProductId, Decimal]
    nlv: Decimal


class WatchedApprovals(Approvals):
    """The approvals of the gate; `look` is called with each one."""

    def __init__(self, look: Callable[[ApprovedOrder], None]) -> None:
        super().__init__()
        self._look = look

    def add(self, order: ApprovedOrder) -> None:
        """Take it in, and have a look."""
        super().add(order)
        self._look(order)


@define
class Notes:
    """A journal in memory: receipts at once, and what the gate has refused."""

    clock: VirtualClock
    bound: Counter[str] = field(factory=Counter)
    judged: int = 0
    receipts: int = 0

    def append(self, envelope: Envelope) -> None:
        match envelope.body:
            case ProposalRefused(refusals=refusals):
                self.bound.update({each.reason for each in refusals})
            case RoundJudged():
                self.judged += 1

    def commit(self, client_order_ids: tuple[str, ...]) -> tuple[Receipt, ...]:
        first, self.receipts = self.receipts, self.receipts + len(client_order_ids)
        now_ns = self.clock.machine_ns()
        return tuple(
            Receipt(each, first + n, "", now_ns) for n, each in enumerate(client_order_ids)
        )


class _NoSignal:
    def read(self) -> KillOrder | None:
        return None


class CapDesk:
    """One scenario; `play` it and read `faults`, `bound` and what happened at the venue."""

    def __init__(self, seed: int) -> None:
        draw = self._draw = random.Random(f"caps:{seed}")
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        self.regime = draw.choice([Regime.BULL, Regime.CHOP, Regime.CHOP, Regime.BEAR])
        self.limits = some_limits(draw, self.regime)
        self.products = [ProductId(f"{each}-USD") for each in draw.sample(NAMES, 4)]
        self._prices = Prices.drawn(draw, self.products)
        self._is_poor = draw.random() < 0.15
        self._judgements: dict[int, Judgement] = {}
        self._approval_of: dict[str, int] = {}
        self._open_venue(seed)
        self._open_trader(seed)

    def _open_venue(self, seed: int) -> None:
        market = self._prices.script(self._draw)
        cash = Decimal(60) if self._is_poor else Decimal(10_000)
        self._opening = {"USD": cash}
        if self._is_poor:
            self._opening[self._base(self.products[0])] = Decimal(90)
        self.store, hooks = SqliteStore(), WatchedFaults(seed)
        self._watched = hooks.watched
        self.engine = Engine(
            market=market,
            expander=market,
            store=self.store,
            start_ns=START,
            opening=self._opening,
            fees=FEES,
            ids=Ids(f"caps{seed}"),
            hooks=hooks,
        )
        hooks.attach(self.engine, parse_script(script_of(list(self._faults())), "faults"))

    def _faults(self) -> Iterator[dict[str, Any]]:
        """Yield what goes wrong: of each kind sometimes a little, sometimes nothing."""
        draw = self._draw
        kinds: list[dict[str, Any]] = [
            fault("lost_response", endpoint="place"),
            fault("reset_after", endpoint="place"),
            fault("reset_before", endpoint="place"),
            fault("http_429", endpoint="place"),
            fault("http_500", endpoint="place", handled=True),
            fault("reject_order", reason="UNKNOWN_FAILURE_REASON"),
            fault("delay_cancel", by="9s"),
            fault("lose_cancel"),
            fault("drop_frame", channel="user"),
            fault("late_frame", channel="user"),
        ]
        for each in draw.sample(kinds, draw.randint(0, 4)):
            yield {**each, "for": "10m", "probability": draw.choice([0.1, 0.3, 0.6])}

    def _open_trader(self, seed: int) -> None:
        clock = self.clock = VirtualClock(START)
        runtime = self.runtime = VirtualRuntime(clock, BreakerBoard(), ROUTES, SilentLog, seed=seed)
        approvals = WatchedApprovals(self._approved)
        self.notes = Notes(clock)
        inside = Inside(
            engine=self.engine,
            ask=self._ask,
            open_connection=self.engine.connect,
            after=lambda delay_ns, call: runtime.call_at(clock.now_ns + delay_ns, call),
            clock=clock,
            post=runtime.post,
            draw=random.Random(seed).random,
        )
        last_gate = LastGate(
            runtime.board, clock, _NoSignal(), runtime.epochs, lambda: False, approvals
        )
        self._venue = connect_in_process(inside, last_gate, a_right())
        mandate = mandate_of(self.limits, self._draw)
        self._tier = next(iter(mandate.tiers))
        limit_ns = settings.quote_limit_ns(shipped())
        state = GateState(self._ledger(), Exposure(), 1, ())
        throttle = ThrottleLimits(rejected_orders=20, entries_per_product=20)
        rules = rules_of(self.limits)
        runtime.spawn(Auditor, AUDITOR, self.notes)
        runtime.spawn(RiskGate, RISK_GATE, rules, mandate, state, approvals, limit_ns, throttle)
        order_manager(runtime, self._venue, self._venue)(Recovered(lineage="0" * 32))
        runtime.spawn(RestingEntries, ENTRIES, mandate.working, limit_ns)
        gate = runtime.members[RISK_GATE]
        assert isinstance(gate, RiskGate)
        self._gate = gate
        self._begin()

    def _ledger(self) -> Ledger | None:
        """Return the books; of one who is poor nearly all of it is a lot that has grown."""
        if not self._is_poor:
            return None
        owned, cash = self.products[0], Amount(self._opening["USD"])
        quantity = Quantity(self._opening[self._base(owned)])
        lot = Lot(
            id="old",
            product=owned,
            strategy=STRATEGIES[0],
            quantity=quantity,
            cost=Amount(Decimal(100)),
            paid=Amount(Decimal(100)),
            stop_price=Price(CENT),
            target_price=None,
            opened_ns=Nanos(START - DAY),
            expires_ns=None,
        )
        return Ledger(quote_currency="USD", opening_cash=cash, cash=cash, lots=(lot,))

    def _begin(self) -> None:
        boot = BootCompleted(tuple(product(each) for each in self.products), MAKER, TAKER, True)
        why = RegimeReading(
            regime=self.regime, provenance=Provenance.OPERATOR, why="", product=self.products[0]
        )
        standings = (
            Standing(product=each, tier=self._tier, depth=Decimal(10**9)) for each in self.products
        )
        self._post(ORDER_MANAGER, boot)
        cash = AccountBalance("USD", self._opening["USD"], ZERO)
        known = [boot, UniverseJudged(tuple(standings)), RegimeJudged(why), TradingReady("")]
        for message in (*known, *(() if self._is_poor else (StatementTaken("start", (cash,)),))):
            self._post(RISK_GATE, message)
        self.runtime.run_to(self.clock.now_ns)

    # Life.

    def play(self) -> CapDesk:
        """Live to the end of the scenario."""
        cycle, draw = 0, self._draw
        with closing(self.store):
            for number in range(1, ENDS_S // STEP_S):
                at_ns = START + number * STEP_S * SECOND + SECOND
                self.runtime.run_to(at_ns)
                self._quote(number)
                if draw.random() < 0.7:
                    cycle += 1
                    self._decide(cycle)
                self.runtime.run_to(at_ns + 2 * SECOND)
            self.runtime.run_to(START + (ENDS_S + 12) * SECOND)
            self._tell_venue()
            self.runtime.unlist()
            self._venue.close()
        return self

    def _quote(self, number: int) -> None:
        for name in self.products:
            if self._draw.random() < 0.1:
                continue  # it comes late: the one before is still known
            price, now_ns = self._prices.at(name, number), self.clock.now_ns
            size = Quantity(Decimal(400))
            bid, ask = Price(price - CENT), Price(price + CENT)
            quote = Quote(name, bid, size, ask, size, now_ns, now_ns)
            for hears in (RISK_GATE, ENTRIES):
                self._post(hears, QuoteMoved(quote))
            start_ns = Nanos(now_ns - now_ns % MINUTE - MINUTE)
            flat = Price(price)
            bar = Bar(name, start_ns, flat, flat, flat, flat, Quantity(Decimal(9)))
            self._post(RISK_GATE, BarClosed(bar))
        self.runtime.run_to(self.clock.now_ns)

    def _decide(self, cycle: int) -> None:
        draw = self._draw
        entries = tuple(
            EntryProposed(draw.choice(STRATEGIES), self._wish(name), Nanos(START + cycle))
            for name in draw.sample(self.products, draw.randint(1, 3))
        )
        self._post(
            RISK_GATE, RoundProposed(cycle, Nanos(self.clock.now_ns + MINUTE), entries, 2, ())
        )
        view = self._gate._view()
        lots = view.portfolio.lots if view.portfolio is not None else ()
        for lot in lots:
            quote = view.quotes.get(lot.product)
            if quote is not None and draw.random() < 0.1:
                part = Quantity(
                    product(lot.product).quantity_down(lot.held * percent(draw, 0.3, 1))
                )
                why = ExitReason.SIGNAL
                self._post(RISK_GATE, ExitProposed(lot.id, lot.product, part, why, quote.bid))

    def _wish(self, name: ProductId) -> Any:
        return a_proposal(
            product=name,
            notional_pct=percent(self._draw, 0.2, 3),
            stop_loss_pct=Decimal(4),
            take_profit_pct=Decimal(9),
            conviction=ONE,
        )

    def _post(self, to: str, message: Any) -> None:
        self.runtime.post(ReplyTo(to), message)

    # The judge.

    def _approved(self, order: ApprovedOrder) -> None:
        if not isinstance(order, ApprovedEntry):
            return
        view = self._gate._view()
        assert view.portfolio is not None
        assert view.portfolio.nlv is not None
        asks = {name: quote.ask for name, quote in view.quotes.items()}
        self._judgements[order.approval] = Judgement(order.approval, asks, view.portfolio.nlv)
        self.counts["approved"] += 1
        self.counts["rests"] += bool(order.replaces)

    def _ask(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Errand:
        passed = errand(self.engine, method, path, query, body)

        def run() -> Reply | None:
            answer = passed.run()
            if self._watched.has_accepted:
                self._watched.has_accepted = False
                self._look()
            if answer is not None and path.endswith("/orders") and UNFUNDED in str(answer[1]):
                self.faults.append(f"the venue had to refuse for want of cash: {answer[1]!r}")
            return answer

        return evolve(passed, run=run)

    def _look(self) -> None:
        """Compare the venue's books with every cap: it has just accepted an order."""
        orders = self.store.find_orders(OrderQuery(limit=10_000))
        newest = orders[0]
        self.counts[f"accepted {newest.side}"] += 1
        if newest.side is Side.SELL or not self._judgements:
            return
        judged = self._judgements[max(self._judgements)]
        held = self._at_worst(orders, judged)
        self._judge(held, newest, judged)

    def _at_worst(
        self, orders: Sequence[VenueOrder], judged: Judgement
    ) -> defaultdict[ProductId, Decimal]:
        """Return positions at the asks of the judgement, and open purchases at their worst."""
        held: defaultdict[ProductId, Decimal] = defaultdict(Decimal)
        totals = self.engine.books()["accounts"]
        owned = {each["currency"]: each["total"] for each in totals if each["owner"] == "own"}
        for name in self.products:
            quantity = Decimal(owned.get(self._base(name), 0))
            if quantity:
                held[name] += quantity * judged.asks[name]
        for order in orders:
            if order.side is Side.BUY and not order.status.is_final:
                assert order.limit_price is not None
                held[order.product] += order.leaves * order.limit_price * (ONE + FEES.taker)
        return held

    def _judge(
        self, held: Mapping[ProductId, Decimal], newest: VenueOrder, judged: Judgement
    ) -> None:
        name, limits = newest.product, self.limits
        theme = next(each for each in THEMES if self._base(name) in THEMES[each])
        of_theme = sum((held.get(self._of(each), ZERO) for each in THEMES[theme]), ZERO)
        whole = sum(held.values(), ZERO)
        for what, amount, cap in (
            ("total", whole, limits.total),
            ("tier", whole, limits.tier),
            ("position", held[name], min(limits.position, limits.tier_position)),
            ("asset", held[name], limits.asset),
            (theme, of_theme, limits.themes[theme]),
        ):
            most = judged.nlv * cap / HUNDRED * limits.multiplier
            if amount > most:
                self._fault(f"{what} of {name}: {amount:.4f} at worst, {most:.4f} may be")
        assert newest.limit_price is not None
        assert newest.base_size is not None
        cost = newest.base_size * newest.limit_price * (ONE + FEES.taker)
        if cost > limits.order:
            self._fault(f"an order of {cost:.4f}, {limits.order} may be")
        positions = sum(1 for each in held.values() if each > 0)
        if positions > limits.open_positions:
            self._fault(f"{positions} positions, {limits.open_positions} may be")

    def _fault(self, text: str) -> None:
        self.faults.append(f"{(self.clock.now_ns - START) / SECOND:.3f} s: {text}")

    def _tell_venue(self) -> None:
        """Count what happened at the venue: a run in which little does proves little."""
        fills = self.store.find_fills(FillQuery(limit=10_000))
        orders = self.store.find_orders(OrderQuery(limit=10_000))
        self.counts["fills"] += len(fills)
        self.counts["partial"] += sum(
            ZERO < each.filled < (each.base_size or ZERO) for each in orders
        )
        self.counts["judged"] += self.notes.judged
        self.counts.update({f"bound {code}": self.notes.bound[code] for code in CAPS})

    @staticmethod
    def _base(name: ProductId) -> str:
        return name.partition("-")[0]

    @staticmethod
    def _of(base: str) -> ProductId:
        return ProductId(f"{base}-USD")
