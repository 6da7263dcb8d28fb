"""The one timeline of a backtest: what happens in a minute, and in which order.

A minute in which nothing triggers, nothing rests and nothing that is owned comes near its stop or
target is closed at once: what is owned is valued, and nobody is asked. Any other is played on its
tape, step by step, with the cycle two seconds after its beginning. What of the minute is looked at
beforehand decides only whether its tape is played, and reaches nobody who decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence, Set

from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import PORTFOLIO
from adapters.simulator.market_data.depth import STEPS
from adapters.simulator.market_data.expander import STEP_NS
from adapters.simulator.market_data.open import expander_of
from adapters.simulator.market_data.source import Step
from app.backtest.held_columns import HeldColumns
from app.backtest.instants import CYCLE_AFTER_NS, decides_ns, is_look, next_look
from app.backtest.market_watch import MarketWatch
from app.backtest.passing import EVERY_SECOND, Passing
from app.backtest.plan import BacktestEngine, FillRule
from app.backtest.prices import PlayedPrices, mark
from app.backtest.signals import ColumnSignals, Signals, Wanted, WindowSignals
from app.backtest.system import BacktestSystem
from app.backtest.tapes import TAPE_MINUTES, BarTape, ExpandedTape, Group, MinuteTape
from app.backtest.touched import TouchedProducts
from app.command_line.progress import Moved
from app.run import settings
from domain.market.past_quotes import PastQuotes
from domain.messages.decisions import CycleDue, RoundJudged
from domain.messages.market import QuoteMoved
from domain.messages.portfolio import StatementTaken
from domain.messages.supervision import BootCompleted, TradingReady
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos, bucket_start
from domain.model.money import Rate
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId
from domain.risk.rules.suspect_price import SuspectPrice

MARKED_AGAIN_NS = 3 * SECOND
"""Market time after which a bid of what is owned and not played is told again: it is known to hold
for so long, and everybody doubts an older one."""
TOLD_EVERY = 240
Seen = tuple[Callable[[], PastQuotes], Callable[[], Sequence[Step]]]


class BacktestTimeline:
    """Drives a system from its plan's first instant to its last."""

    def __init__(self, system: BacktestSystem, moved: Moved) -> None:
        plan, config = system.plan, system.plan.config
        self._system, self._plan, self._moved = system, plan, moved
        self._venue, self._recorder = system.venue, system.recorder
        self._market, self._expander = plan.market, expander_of(plan.market, plan.seed, plan.books)
        strategies = settings.strategies_of(config)
        self._asks_always = plan.engine is BacktestEngine.EVENTS
        signals = WindowSignals if self._asks_always else ColumnSignals
        pyramids = {s.id for s in strategies if settings.terms_of(config, s.id).pyramids}
        self._signals: Signals = signals(system.grid, plan.products, strategies, pyramids)
        self._watch = self.watch = MarketWatch(system, self._expander)
        self._tape: MinuteTape = ExpandedTape(self._watch, self._expander)
        if plan.fills is not FillRule.TAPE:
            self._tape = BarTape(
                self._watch,
                self._expander,
                lambda: system.recorder.lots,
                is_kind=plan.fills is FillRule.KIND,
            )
        self._touched = TouchedProducts(self._watch, system.venue, system.recorder)
        self._prices = PlayedPrices(config.policy.rule(SuspectPrice).limits)
        self._interval_ns = settings.schedule_of(config, None).interval_ns
        self._rings = bool(
            config.policy.exits.trailing_stop_pct or config.policy.maintenance.enabled
        )
        self._cycle, self._was_played = 0, False
        products = [self._watch.product(each) for each in plan.products]
        self._passing = Passing(
            system,
            HeldColumns(self._watch.days, self._expander, products),
            first_wanted=self._first_wanted,
            look=lambda now_ns: self._hour(now_ns, is_shown=False),
            value=self._value,
        )

    def run(self) -> None:
        """Play everything.

        Raises:
            BacktestFailed: a strategy has died.
        """
        plan, begun_ns = self._plan, self._plan.start_ns
        self._begin(begun_ns)
        minute, told = begun_ns, 0
        while minute < plan.end_ns:
            may_pass = self._minute(minute)
            done = (minute - begun_ns) // MINUTE
            if done >= told:
                self._moved(done)
                told = done + TOLD_EVERY
            minute = Nanos(minute + MINUTE)
            minute = self._passing.over(minute) if may_pass else self._skip(minute)
        self._end(plan.end_ns)

    def _begin(self, now_ns: Nanos) -> None:
        system, announce = self._system, self._system.runtime.announce
        system.begin()
        balances = system.venue.balances().items()
        accounts = (AccountBalance(name, amount, amount - amount) for name, amount in balances)
        announce(StatementTaken("start", tuple(accounts)))
        fees = system.venue.fees
        products = self._watch.catalogue(now_ns)
        announce(BootCompleted(products, Rate(fees.maker), Rate(fees.taker), is_clean=True))
        self._watch.load(now_ns)
        self._show_all(now_ns)
        self._watch.measure(now_ns)
        announce(TradingReady("candles"))
        self._go_to(now_ns)

    def _show_all(self, now_ns: Nanos) -> None:
        """Let everybody know a price of every product: they are what is seen."""
        for product in self._plan.products:
            step = self._expander.opening(product, now_ns)
            if step is not None:
                self._prices.begin(product, self._watch.past(product, now_ns))
                self._quote(step)

    def _end(self, now_ns: Nanos) -> None:
        self._mark_others((), now_ns)
        self._go_to(now_ns)
        self._close_round(now_ns)
        self._recorder.end(now_ns, "market_end")

    # A minute.

    def _minute(self, now_ns: Nanos) -> bool:
        """Let a minute happen; return whether one like it would do nothing but value what is
        owned: it was like that itself, and nobody has said anything else in it.
        """
        news = self._recorder.news
        wanted = self._wanted(now_ns)
        lots = self._recorder.lots
        awake = {each.product for each in wanted}
        awake |= self._touched.ordered() | self._touched.near(now_ns)
        into_hour = now_ns % HOUR
        if is_look(now_ns):
            self._hour(now_ns)
        is_played = bool(awake) or self._asks_always or (self._rings and bool(lots))
        if is_played:
            self._play(now_ns, sorted(awake), wanted)
        elif lots or self._was_played or now_ns == self._plan.start_ns:
            self._value(now_ns)
        elif not into_hour:
            self._passing.idle(now_ns)
        self._was_played = is_played  # then something may have been sold since it was valued
        return not is_played and bool(lots) and self._recorder.news == news

    def _skip(self, begin_ns: Nanos) -> Nanos:
        """Return the first minute from `begin_ns` on in which anything is to be done: while nothing
        is owned and nothing rests, nothing is before somebody wants something or products are
        looked at.
        """
        if self._asks_always or self._was_played or self._recorder.lots or self._touched.ordered():
            return begin_ns
        end_ns = min(next_look(begin_ns), self._plan.end_ns)
        return self._first_wanted(begin_ns, Nanos(end_ns))

    def _first_wanted(self, begin_ns: Nanos, end_ns: Nanos) -> Nanos:
        """Return the first minute from `begin_ns` on in which a strategy wants something, `end_ns`
        where it does not in any before that.
        """
        minutes = self._signals.minutes(begin_ns, end_ns)
        return Nanos(next((each for each in minutes if self._wanted(each)), end_ns))

    def _is_slot(self, now_ns: int) -> bool:
        """Tell whether the minute is the first of those in which a decision is due."""
        before_ns = now_ns - MINUTE
        is_first = before_ns < self._plan.start_ns
        return is_first or now_ns // self._interval_ns != before_ns // self._interval_ns

    def _wanted(self, now_ns: int) -> list[Wanted]:
        """Return what strategies want now, as far as it is theirs to want and time to decide."""
        if not self._is_slot(now_ns):
            return []
        held = {(lot.strategy, lot.product) for lot in self._recorder.lots}
        return self._signals.wanted(now_ns, held)

    def _hour(self, now_ns: Nanos, *, is_shown: bool = True) -> None:
        """Let products and the market be judged anew, and what is owned be shown if `is_shown`."""
        is_whole = not now_ns % HOUR
        self._watch.measure(now_ns)
        if is_whole:
            self._watch.refresh(now_ns)
        if is_shown:
            self._mark_others((), now_ns)
        if is_whole:
            self._go_to(now_ns)
        self._system.runtime.hand_over(now_ns)
        self._system.check()

    def _value(self, now_ns: Nanos) -> None:
        """Let what is owned be valued, and the minute count as one without a decision."""
        self._mark_others((), now_ns)
        # The instants of a minute that is played: what timers do falls on the same ones.
        self._go_to(Nanos(now_ns + CYCLE_AFTER_NS))
        self._close_round(Nanos(now_ns + CYCLE_AFTER_NS))
        self._go_to(Nanos(now_ns + MINUTE - 1))

    def _mark_others(self, played: Collection[ProductId], now_ns: Nanos) -> None:
        """Tell the bids of what is owned and not played, as of the minute's beginning."""
        minute_ns = bucket_start(now_ns, MINUTE)
        for product in sorted({lot.product for lot in self._recorder.lots}):
            if product in played:
                continue
            bid = self._watch.bid(product, minute_ns)
            if bid is not None:
                self._recorder.marks[product] = bid
                self._system.runtime.announce(mark(product, bid, now_ns))

    def _close_round(self, now_ns: Nanos) -> None:
        """Tell the portfolio of a round in which nobody wanted anything: it keeps the equity."""
        empty = RoundJudged(self._cycle, Nanos(now_ns + MINUTE), (), (), ())
        self._system.runtime.post(ReplyTo(PORTFOLIO), empty)
        self._system.runtime.hand_over(now_ns)
        self._system.check()

    # A minute that is played.

    def _play(self, now_ns: Nanos, awake: Collection[ProductId], wanted: list[Wanted]) -> None:
        """Play the minute's instants: all up to the decision; after it those at which something of
        ours may be touched ([0053] says what that leaves out).
        """
        cycle_ns, playing = decides_ns(self._plan, now_ns), set(awake)
        if not awake:
            self._play_unseen(now_ns, cycle_ns)
            return
        self._prepare(now_ns, awake, {each.product for each in wanted if not each.leaves})
        minute, marked_ns = self._tape.minute(awake, now_ns), Nanos(-MARKED_AGAIN_NS)
        for group in minute.until(cycle_ns, playing):
            marked_ns = self._show(group, playing, marked_ns)
        self._keep_appointments(cycle_ns)
        self._decide(now_ns, cycle_ns)
        news = self._leave_out(playing, now_ns)
        for group in minute.until(Nanos(now_ns + MINUTE), playing):
            marked_ns = self._show(group, playing, marked_ns)
            if self._recorder.news != news:
                news = self._leave_out(playing, now_ns)
        self._ring(now_ns)
        self._keep_appointments(now_ns + MINUTE - 1)
        self._venue.reach(Nanos(now_ns + MINUTE - 1))
        self._go_to(Nanos(now_ns + MINUTE - 1))

    def _play_unseen(self, now_ns: Nanos, cycle_ns: Nanos) -> None:
        """Play a minute of which no price is shown: what is owned is valued, and all decide."""
        self._mark_others((), now_ns)
        self._keep_appointments(cycle_ns)
        self._decide(now_ns, cycle_ns)
        self._venue.reach(Nanos(now_ns + MINUTE - 1))
        self._go_to(Nanos(now_ns + MINUTE - 1))

    def _prepare(
        self, now_ns: Nanos, awake: Collection[ProductId], buys: Collection[ProductId]
    ) -> None:
        self._watch.deliver(bucket_start(now_ns, HOUR))  # nobody has asked for them before
        if buys:  # what was seen of a book minutes ago says nothing of now
            self._watch.measure(now_ns)
            self._system.runtime.hand_over(now_ns)
        for product in awake:
            self._know(product, now_ns, TAPE_MINUTES if product in buys else 1)

    def _leave_out(self, playing: set[ProductId], now_ns: Nanos) -> int:
        """Leave out of `playing` what nothing of ours depends on in the rest of the minute; return
        how much news there was when that was looked at.

        What looks at prices each second (a trailing stop) sees all of them.
        """
        if not (self._rings and self._recorder.lots):
            playing &= self._touched.after_decision(now_ns)
        return self._recorder.news

    def _ring(self, now_ns: Nanos) -> None:
        """Visit what is left of the minute's instants where a timer rings that does not ring
        every second anyway.
        """
        runtime, count = self._system.runtime, len(EVERY_SECOND)
        while len(dues := runtime.dues()) > count:
            here_ns = self._system.clock.now_ns
            first_ns, _ = dues[count]
            due_ns = here_ns + 1 if first_ns <= here_ns + STEP_NS else first_ns
            number = -(-(due_ns - now_ns) // STEP_NS)
            if number >= STEPS:
                return
            at_ns = Nanos(now_ns + number * STEP_NS)
            self._keep_appointments(at_ns)
            self._go_to(at_ns)

    def _show(self, group: Group, playing: Set[ProductId], marked_ns: Nanos) -> Nanos:
        """Let an instant happen; return when bids of what is not played were told last."""
        at_ns, steps = group
        self._keep_appointments(at_ns)
        if at_ns - marked_ns >= MARKED_AGAIN_NS:
            marked_ns = at_ns
            self._mark_others(playing, at_ns)
        self._step(at_ns, steps)
        return marked_ns

    def _know(self, product: ProductId, now_ns: Nanos, minutes: int) -> None:
        """See to it that the price is judged by so many minutes of tape before now."""
        if self._prices.known_ns(product, now_ns) >= minutes * MINUTE:
            self._prices.catch_up(product, now_ns, *self._seen(product, now_ns, 1))
            return
        past = self._watch.past(product, now_ns)
        if minutes > 1:
            minutes += self._prices.unrest(past)
        self._prices.begin(product, past, *self._seen(product, now_ns, minutes))

    def _seen(self, product: ProductId, now_ns: Nanos, minutes: int) -> Seen:
        """Return how to get what was seen in so many minutes: the best of books, and all of it."""
        span = product, now_ns, minutes
        return lambda: self._tape.touches(*span), lambda: self._tape.before(*span)

    def _keep_appointments(self, before_ns: int) -> None:
        """Let orders be worked, and come, when it is time to, between two steps of the tape."""
        sources = self._system.runtime.appointment, self._venue.due
        while dues := [due for each in sources if (due := each(before_ns)) is not None]:
            self._venue.reach(min(dues))
            self._venue.receive()
            self._go_to(min(dues))

    def _step(self, at_ns: Nanos, group: Iterable[Step]) -> None:
        for step in group:
            self._watch.lighten(step)
            self._venue.play(step)
            self._quote(step)
        self._go_to(at_ns)

    def _quote(self, step: Step) -> None:
        moved = self._prices.quote(step)
        if moved is None:
            return
        if isinstance(moved, QuoteMoved):
            self._system.past.quotes[step.product] = moved.quote
            self._recorder.marks[step.product] = moved.quote.bid
        else:
            self._recorder.marks[step.product] = moved.bid
        self._system.runtime.announce(moved)

    def _decide(self, now_ns: Nanos, at_ns: Nanos) -> None:
        """Let the strategies decide on the bars that have closed at `now_ns`; whatever is judged in
        this minute, the rest of an entry too, knows them. What was sold since it began is wanted
        again.
        """
        for bars in self._watch.deliver(now_ns):
            self._prices.close(bars)
        self._watch.darken(now_ns)
        if not self._wanted(now_ns) and not (self._asks_always and self._is_slot(now_ns)):
            self._venue.reach(at_ns)
            self._go_to(at_ns)
            self._close_round(at_ns)
            return
        self._cycle += 1
        slot_ns = Nanos(now_ns // self._interval_ns * self._interval_ns + CYCLE_AFTER_NS)
        self._venue.reach(at_ns)
        next_ns, fired = Nanos(slot_ns + self._interval_ns), self._signals.fired(now_ns)
        due = CycleDue(self._cycle, slot_ns, next_ns, fired=fired)
        self._system.runtime.announce(due)
        self._go_to(at_ns)

    def _go_to(self, now_ns: Nanos) -> None:
        """Let everything happen that follows at this instant."""
        self._venue.settle()
        self._system.runtime.run_to(now_ns)
        self._system.check()
