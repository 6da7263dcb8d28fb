"""A trader that is killed again and again, in its start and while it trades, and what has to hold.

A moment is drawn by what the journal shows (so many records of this start, or a record of some
kind) and by a few milliseconds more, so that it falls between the steps of an order and not only
between orders.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.journal.chain import GENESIS, Head, Record, check_line
from app.commands.audit import check
from app.run.recovery import CODEC
from domain.messages.orders import IntentRaised
from domain.model.orders import OrderIntent, OrderState
from domain.system.recovery import JournalFold, Recovered
from tests.builders.runs import EAGER, Running, entries_resting, is_alive, trader
from tests.builders.simulator_process import RunningVenue, VenueAccess, embedded_venue
from tests.builders.waiting import PATIENCE_S, wait_for

SMALL = (*EAGER, "--set=strategies.breakout.notional_pct=0.2", "--set=policy.exits.max_hold=2m")
"""Many small entries, each sold again soon: nearly every moment is the middle of some order."""
ANY = ""
KINDS = ("OrderApproved", "IntentRaised", "OrderAdvanced", "FillBooked", "ExitProposed", ANY)
START_RECORDS, TRADING_RECORDS = 16, 30
LATE_S = 0.02
"""A kill comes up to so much after the record that called for it."""
SILENT_S = 3.0
"""Where the market gives no such record for so long, the kill comes all the same."""
LOOK_EVERY_S = 0.001
GIVEN_UP = (OrderState.VOID, OrderState.REJECTED)


@frozen
class Moment:
    """When to kill: at the `count`-th new record of `kind`, `late_s` after it was seen."""

    is_trading: bool
    kind: str
    count: int
    late_s: float


def moments(seed: int) -> Iterator[Moment]:
    """Draw moments without end: every second one in a start or its recovery."""
    draw = random.Random(seed)
    while True:
        yield Moment(False, ANY, draw.randint(0, START_RECORDS), draw.uniform(0, LATE_S))
        kind = draw.choice(KINDS)
        count = draw.randint(1, TRADING_RECORDS if kind == ANY else 3)
        yield Moment(True, kind, count, draw.uniform(0, LATE_S))


class Follower:
    """Reads a journal while it grows: every whole line once, checked and folded."""

    def __init__(self, home: Path) -> None:
        self.journal = home / "data" / "paper" / "journal"
        self.intents: dict[str, OrderIntent] = {}
        self.repeated: list[str] = []
        """Client order ids under which two different intents were raised."""
        self._fold = JournalFold("USD")
        self._read: dict[str, int] = {}
        self._head = GENESIS

    def read(self) -> list[str]:
        """Take in what is new; return the kinds of its records."""
        return [record.type for record in self._new()]

    @property
    def state(self) -> Recovered:
        """What the journal tells so far."""
        return self._fold.result()

    def _new(self) -> Iterator[Record]:
        for segment in sorted(self.journal.glob("*.jsonl")):
            with segment.open("rb") as file:
                file.seek(self._read.get(segment.name, 0))
                fresh = file.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self._read[segment.name] = self._read.get(segment.name, 0) + len(whole)
            for line in whole.splitlines():
                yield self._take(line)

    def _take(self, line: bytes) -> Record:
        record = check_line(line, self._head.hash, self._head.seq + 1)
        self._head = Head(record.seq, record.hash)
        message = CODEC.decode(record.type, record.data)
        self._fold.take(record.at_ns, message)
        if isinstance(message, IntentRaised):
            intent = message.intent
            if self.intents.setdefault(intent.client_order_id, intent) != intent:
                self.repeated.append(intent.client_order_id)
        return record


class Kills:
    """One folder in which a trader is killed, by the venue beside it or, with None, its own."""

    def __init__(self, home: Path, beside: RunningVenue | None, speed: int) -> None:
        self.home = home
        self.done = 0
        self.places: Counter[str] = Counter()
        """How often it was killed at which place."""
        self._beside = beside
        own = ("--speed", str(speed))
        self._options = (*SMALL, *(own if beside is None else ("--venue-url", beside.session.rest)))
        self._follower = Follower(home)

    @property
    def orders(self) -> int:
        """How many orders its journal holds by now."""
        return len(self._follower.state.orders)

    @property
    def tally(self) -> str:
        """What the journal holds by now."""
        state = self._follower.state
        return f"{len(state.orders)} orders, {len(state.booked)} fills, {state.runs} starts"

    def kill(self, moment: Moment, *, is_verified: bool = True) -> list[str]:
        """Start, kill at that moment; return what does not hold. Verify the whole chain if asked.

        Raises:
            AssertionError: a start that was let live did not come to trade.
        """
        found: list[str] = []
        with trader(self.home, *self._options) as running:
            if moment.is_trading:
                running.ready()
                found += self._agree(running)
            self._await(running, moment)
            if running.process.poll() is not None:
                found.append(f"it ended by itself: {running.log}")
            venues = running.venue_pids()
            running.process.send_signal(signal.SIGKILL)
            running.process.wait(PATIENCE_S)
        wait_for(lambda: not any(map(is_alive, venues)))
        self.done += 1
        self._follower.read()
        return found + self._dead(is_verified=is_verified)

    def end(self) -> list[str]:
        """Start once more, end it in order, and return what does not hold then."""
        with trader(self.home, *self._options) as running:
            running.ready()
            found = self._agree(running)
            running.settle()
            code, stopped = running.interrupt()
            if (code, stopped["reason"]) != (0, "signal"):
                found.append(f"the last start ended with {code}, {stopped}")
        self._follower.read()
        found += self._dead(is_verified=True)
        if self._beside is None:
            left = entries_resting(self.home)
        else:
            books = self._beside.books()
            left = {each["client_order_id"] for each in books["orders"] if is_resting_entry(each)}
            found += self._unlike(books)
        return found + [f"entry {each} still rests" for each in sorted(left)]

    def _await(self, running: Running, moment: Moment) -> None:
        self._follower.read()
        left, ends = moment.count, time.monotonic() + SILENT_S
        while left > 0 and time.monotonic() < ends and running.process.poll() is None:
            threading.Event().wait(LOOK_EVERY_S)
            new = self._follower.read()
            left -= len(new) if moment.kind == ANY else new.count(moment.kind)
        place = "start" if not moment.is_trading else moment.kind or "any record"
        self.places["silent market" if left > 0 else place] += 1
        threading.Event().wait(moment.late_s)  # the instant itself is drawn

    # What has to hold.

    def _agree(self, running: Running) -> list[str]:
        """Return in what ledger and venue differ, once what is under way is given its time."""
        venue: VenueAccess = self._beside or embedded_venue(self.home)
        found: list[str] = []

        def agree() -> bool:
            found[:] = self._differences(venue)
            return not found

        try:
            running.wait_until(agree)
        except AssertionError as error:
            found.append(str(error))
        return found

    def _differences(self, venue: VenueAccess) -> list[str]:
        books = venue.books()
        self._follower.read()
        return self._unlike(books)

    def _unlike(self, books: Mapping[str, Any]) -> list[str]:
        """Return how the journal's state differs from the venue's books."""
        state = self._follower.state
        found = self._orders_of(books)
        fills = [fill["entry_id"] for fill in books["fills"]]
        if sorted(fills) != sorted(state.booked):
            found.append(f"fills: {sorted(set(fills) ^ state.booked)} on one side only")
        if (ours := owned(state)) != (theirs := held(books)):
            found.append(f"we own {ours}, the venue has {theirs}")
        return found

    def _orders_of(self, books: Mapping[str, Any]) -> list[str]:
        ours = Counter(order["client_order_id"] for order in books["orders"])
        twice = [name for name, count in ours.items() if count > 1]
        stray = set(ours) - set(self._follower.intents)
        return [f"{name}: two venue orders of one intent" for name in twice] + [
            f"{name}: an order whose intent was not durable before" for name in sorted(stray)
        ]

    def _dead(self, *, is_verified: bool) -> list[str]:
        """Return what does not hold of the folder of a trader that is gone."""
        found = [f"{name}: two intents of one id" for name in self._follower.repeated]
        if self._beside is not None:
            found += self._orders_of(self._beside.books())
        if is_verified and self._follower.intents:
            found += check(self._follower.journal).problems
        return found


def owned(state: Recovered) -> dict[str, Decimal]:
    """Return cash and lots of our own books."""
    assert state.ledger is not None
    found: defaultdict[str, Decimal] = defaultdict(Decimal, USD=Decimal(state.ledger.cash))
    for lot in state.ledger.lots:
        found[lot.product.partition("-")[0]] += lot.quantity
    return {currency: amount for currency, amount in found.items() if amount}


def held(books: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return our balances by the venue's own books, without the empty."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for account in books["accounts"]:
        if account["owner"] == "own":
            totals[account["currency"]] += Decimal(account["total"])
    return {currency: total for currency, total in totals.items() if total}


def is_resting_entry(order: Mapping[str, Any]) -> bool:
    """Tell whether an order of the venue's books is an entry that has not ended."""
    return order["side"] == "BUY" and order["status"] in ("OPEN", "PENDING", "QUEUED")


def kill_often(
    kills: Kills,
    drawn: Sequence[Moment],
    *,
    verify_every: int = 1,
    hear: Callable[[int, list[str]], object] = lambda _, __: None,
) -> list[str]:
    """Kill at each moment, then end it; return all that did not hold. `hear` is told of each."""
    found: list[str] = []
    for number, moment in enumerate(drawn, 1):
        wrong = kills.kill(moment, is_verified=number % verify_every == 0)
        hear(number, wrong)
        found += [f"kill {number} ({moment}): {each}" for each in wrong]
    return found + [f"at the end: {each}" for each in kills.end()]
