"""What a check of the venue finds, step by step: what was expected, what is there, what to type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from attrs import field, frozen

from domain.messages.market import BookSnapshotSeen, HeartbeatSeen, MarketFrame
from domain.messages.venue import (
    AccountsListed,
    CandlesListed,
    FeesRead,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)
from domain.model.figures import moment, money, percent, price
from domain.model.product import DELISTED, Action, Product, ProductId
from domain.model.wording import counted
from domain.system.boot import foreign_portfolio, no_wallet, nothing_to_trade, wrong_rights
from domain.system.drift import ClockReading, drift_words, fault_of
from domain.system.key_age import KeyAge, KeyState
from domain.system.ways_out import SET_CLOCK

AGAIN = "python run.py venue-check"
KEY_CHECK = "python run.py secrets check"
ROTATED = "python run.py secrets rotated"
SETTINGS = "python run.py config show"
LATER = f"{AGAIN}, a little later; outages: https://status.coinbase.com"
LONGEST = 300
BEATS = 2
"""Heartbeats that have to be heard: between two of them lies a second without a gap."""
NAMED = 3
STABLES = ("USD", "USDC")
EXIT_NO, EXIT_REFUSED = 1, 4


class StepResult(StrEnum):
    """How a step went. NOTED: all well, and something to know."""

    OK = "ok"
    NOTED = "noted"
    SKIPPED = "skipped"
    FAILED = "FAILED"
    REFUSED = "REFUSED"


_EXITS = {StepResult.FAILED: EXIT_NO, StepResult.REFUSED: EXIT_REFUSED}


def one_line(text: str) -> str:
    """Return `text`, which may be a stranger's, on one line of what can be shown."""
    shown = "".join(each if each.isprintable() else " " for each in text[: 4 * LONGEST])
    return " ".join(shown.split())[:LONGEST]


@frozen(kw_only=True)
class CheckedStep:
    """One step: what was expected, what was found, and what to do or type next ("": nothing)."""

    step: str
    verdict: StepResult
    expected: str
    found: str = field(converter=one_line)
    mend: str = ""

    @property
    def is_well(self) -> bool:
        """Whether what hangs on this step may go on."""
        return self.verdict in (StepResult.OK, StepResult.NOTED)


def exit_code(findings: Iterable[CheckedStep]) -> int:
    """Return the exit code of a whole check: a gate that refuses outweighs a step that failed."""
    return max((_EXITS.get(each.verdict, 0) for each in findings), default=0)


def failed(step: str, expected: str, found: str, mend: str = LATER) -> CheckedStep:
    """Return that a step failed."""
    return CheckedStep(
        step=step, verdict=StepResult.FAILED, expected=expected, found=found, mend=mend
    )


def refused(step: str, expected: str, found: str, mend: str) -> CheckedStep:
    """Return that a gate is shut."""
    return CheckedStep(
        step=step, verdict=StepResult.REFUSED, expected=expected, found=found, mend=mend
    )


def skipped(step: str, expected: str, why: str) -> CheckedStep:
    """Return that a step was not tried."""
    return CheckedStep(step=step, verdict=StepResult.SKIPPED, expected=expected, found=why)


def passed(step: str, expected: str, found: str, *, note: str = "") -> CheckedStep:
    """Return that all is well; a `note` is what there is to do about it all the same."""
    verdict = StepResult.NOTED if note else StepResult.OK
    return CheckedStep(step=step, verdict=verdict, expected=expected, found=found, mend=note)


# Public.

CLOCK, PRODUCTS, CANDLE, STREAM = "clock", "products", "candle", "stream"
A_LIST, A_CANDLE = "a list with products that may be traded", "closed minutes of a product"
A_STREAM = f"{BEATS} heartbeats and a book, no frame missing"


def clock_step(reading: ClockReading, limit_ns: int) -> CheckedStep:
    """Judge this machine's clock by the limit in force."""
    expected = f"less than {limit_ns // 1_000_000} ms off"
    fault = fault_of(reading, limit_ns)
    if reading.drift_ns is None:
        return failed(CLOCK, expected, fault or "nobody was asked")
    if fault is not None:
        return failed(CLOCK, expected, fault, SET_CLOCK)
    return passed(CLOCK, expected, f"{drift_words(reading.drift_ns)} by {reading.source}")


def products_step(listed: ProductsListed, quote_currency: str) -> CheckedStep:
    """Judge the venue's catalogue."""
    if listed.failure is not None:
        return failed(PRODUCTS, A_LIST, listed.failure)
    none = nothing_to_trade(listed, quote_currency)
    if none is not None:
        return failed(PRODUCTS, A_LIST, none, SETTINGS)
    ours = sum(each.quote == quote_currency and _is_open(each) for each in listed.products)
    all_of_them = counted(len(listed.products), "product")
    return passed(PRODUCTS, A_LIST, f"{all_of_them}, {ours:,} open in {quote_currency}")


def chosen_product(listed: Iterable[Product], quote_currency: str) -> Product | None:
    """Return the product that the check looks at: BTC, else what is traded most."""
    ours = [each for each in listed if each.quote == quote_currency and _is_open(each)]
    named = [each for each in ours if each.id == f"BTC-{quote_currency}"]
    return max(named or ours, key=lambda each: each.volume_24h or 0, default=None)


def _is_open(product: Product) -> bool:
    return product.flags.status != DELISTED and product.flags.allows(Action.REST)


def candle_step(listed: CandlesListed) -> CheckedStep:
    """Judge the latest minutes of a product."""
    if listed.failure is not None:
        return failed(CANDLE, A_CANDLE, listed.failure)
    if not listed.bars:
        return failed(CANDLE, A_CANDLE, f"none of {listed.product} in the last minutes")
    last = listed.bars[-1]
    told = f"{listed.product} {moment(last.start_ns)} closed at {price(last.close)}"
    return passed(CANDLE, A_CANDLE, told)


class StreamWatch:
    """Whether a market stream has shown all that it must; frames come without a hole."""

    def __init__(self, product: ProductId) -> None:
        self._product = product
        self._frames = self._beats = 0
        self._book = ""

    def hear(self, frame: MarketFrame) -> CheckedStep | None:
        """Take one frame; return that all is well as soon as it is."""
        self._frames += 1
        for event in frame.events:
            self._beats += isinstance(event, HeartbeatSeen)
            if isinstance(event, BookSnapshotSeen) and event.product == self._product:
                self._book = _best(event)
        if not self._book or self._beats < BEATS:
            return None
        return passed(STREAM, A_STREAM, f"{self.so_far}, {self._product} at {self._book}")

    @property
    def so_far(self) -> str:
        """What was seen, in words."""
        frames, beats = counted(self._frames, "frame"), counted(self._beats, "heartbeat")
        return f"{frames}, {beats}"

    def broken(self, reason: str) -> CheckedStep:
        """Return that it ended before it had shown all."""
        book = "" if self._book else f", no book of {self._product}"
        return failed(STREAM, A_STREAM, f"{reason}; {self.so_far}{book}")


def _best(book: BookSnapshotSeen) -> str:
    """Return best bid and ask; "" where a side is empty or they cross."""
    bids = [each.price for each in book.bids if each.quantity > 0]
    asks = [each.price for each in book.asks if each.quantity > 0]
    if not bids or not asks or max(bids) >= min(asks):
        return ""
    return f"{price(max(bids))} / {price(min(asks))}"


# With a key.

KEY, RIGHTS, PORTFOLIO, ACCOUNTS = "key", "permissions", "portfolio", "accounts"
FEES, ORDERS, PREVIEW = "fees", "orders", "preview"
A_KEY, THE_RIGHTS = "a key that can sign, at most 90 days old", "view and trade, not transfer"
THE_FEES, THE_ORDERS = "maker and taker rates", "every open order, all pages"
NEW_KEY = f"create a key that may view and trade, not transfer; then {ROTATED}"


def key_step(name: str, source: str, algorithm: str, age: KeyAge) -> CheckedStep:
    """Judge the age of a key that can sign."""
    found = f"{name[-12:]} ({algorithm}) from {source}"
    match age.state:
        case KeyState.YOUNG:
            return passed(KEY, A_KEY, f"{found}, {age.words}")
        case KeyState.OVERDUE:
            return failed(KEY, A_KEY, f"{found}, {age.words}", ROTATED)
        case KeyState.DUE:
            return passed(KEY, A_KEY, found, note=age.words)
        case KeyState.UNKNOWN:
            return passed(KEY, A_KEY, f"{found}, of unknown age", note=f"{ROTATED} --on DATE")


def rights_step(read: PermissionsRead) -> CheckedStep:
    """Judge what the key may do."""
    if read.failure is not None:
        is_the_keys = "the key" in read.failure
        return failed(RIGHTS, THE_RIGHTS, read.failure, KEY_CHECK if is_the_keys else LATER)
    wrong = wrong_rights(read)
    if wrong is not None:
        return refused(RIGHTS, THE_RIGHTS, wrong.partition(";")[0], NEW_KEY)
    return passed(RIGHTS, THE_RIGHTS, "view and trade, not transfer")


def portfolio_step(read: PermissionsRead, wanted: str | None) -> CheckedStep:
    """Judge whose account it is: `wanted` is `app.account.portfolio_uuid`."""
    expected = wanted or "any: app.account.portfolio_uuid is null"
    foreign = foreign_portfolio(read, wanted)
    if foreign is not None:
        mend = f"take the key of that portfolio, or set app.account.portfolio_uuid; {SETTINGS}"
        return refused(PORTFOLIO, expected, foreign, mend)
    return passed(PORTFOLIO, expected, read.portfolio_uuid)


def accounts_step(listed: AccountsListed, quote_currency: str) -> CheckedStep:
    """Judge the balances: is there money in the wallet that pays for entries?"""
    expected = f"money in the {quote_currency} wallet"
    if listed.failure is not None:
        return failed(ACCOUNTS, expected, listed.failure)
    missing = no_wallet(listed, quote_currency)
    if missing is not None:
        return failed(ACCOUNTS, expected, missing, SETTINGS)
    held = {each.currency: each.total for each in listed.accounts}
    own = held.get(quote_currency)
    if own is None:
        mend = "is it the right account? " + SETTINGS
        return failed(ACCOUNTS, expected, f"the account has no {quote_currency} wallet", mend)
    found = f"{money(own)} {quote_currency} of {counted(len(held), 'wallet')}"
    notes = [f"{counted(len(listed.unread), 'wallet')} left out"] if listed.unread else []
    for other in STABLES:
        if other != quote_currency and held.get(other, 0) > 0:
            found += f", {money(held[other])} {other}"
            if own <= 0:
                notes.append(f"that money can't pay: set app.quote to {other}, or convert it")
    if own <= 0 and not notes:
        notes.append(f"nothing can be bought until there is {quote_currency}")
    return passed(ACCOUNTS, expected, found, note="; ".join(notes))


def fees_step(read: FeesRead) -> CheckedStep:
    """Judge the fee tier of the account."""
    if read.failure is not None or read.maker is None or read.taker is None:
        return failed(FEES, THE_FEES, read.failure or "one of them is missing")
    rates = f"maker {percent(read.maker * 100)}, taker {percent(read.taker * 100)}"
    return passed(FEES, THE_FEES, rates)


def orders_step(listed: OrdersListed) -> CheckedStep:
    """Judge the list of orders that may still trade."""
    if not listed.is_complete or listed.failure is not None:
        return failed(ORDERS, THE_ORDERS, listed.failure or "the list is not whole")
    shown = [f"{each.side} {each.product} {each.status}" for each in listed.orders[:NAMED]]
    more = [f"{len(listed.orders) - NAMED} more"] if len(listed.orders) > NAMED else []
    found = ": ".join([counted(len(listed.orders), "open order"), ", ".join(shown + more)])
    note = f"{counted(len(listed.unread), 'order')} left out" if listed.unread else ""
    return passed(ORDERS, THE_ORDERS, found.removesuffix(": "), note=note)


def preview_step(expected: str, errors: Sequence[str]) -> CheckedStep:
    """Judge what the venue says to an order that it is only asked about."""
    if errors:
        return failed(PREVIEW, expected, f"refused: {', '.join(errors)}")
    return passed(PREVIEW, expected, "accepted; nothing was sent")
