"""What a recorded run says of its venue and a backtest can use: fees, how long orders took, and how
wide and deep books were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median_low

from attrs import frozen

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.market_data.depth import Books, UsualBook
from adapters.telemetry.books import BOOKS, BookLook, read_books
from app.replay.runs import NotReplayable, RecordedRun
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderState
from domain.model.product import ProductId
from domain.model.wording import counted

ANSWERED = frozenset({OrderState.OPEN, OrderState.PARTIALLY_FILLED, OrderState.FILLED})
"""States in which a venue has taken an order."""
MOST_NS = 5 * SECOND
"""Orders that take longer are in doubt in a run; no backtest plays that."""


@frozen
class VenueTimes:
    """What run `number` paid, and how long an order took from its intent to the venue's yes.

    `delay_ns` is the median of `orders`, market time.
    """

    number: int
    fees: FeeRates
    delay_ns: Nanos
    orders: int

    @property
    def told(self) -> str:
        """Return which run it is, in words."""
        return f"run {self.number}"


@frozen
class SeenBooks:
    """What books of products usually looked like, from so many `looks`; `odd` rows could not be
    read.
    """

    books: Books
    looks: int
    odd: int


def measured(run: RecordedRun) -> VenueTimes:
    """Return what a run says.

    Raises:
        NotReplayable: it sent no order, or orders took longer than can be played.
    """
    times = sorted(_times(run))
    if not times:
        raise NotReplayable(
            f"run {run.number} has no order that the venue took: how long one takes is not known"
        )
    delay_ns = Nanos(median_low(times))
    if delay_ns > MOST_NS:
        raise NotReplayable(
            f"orders of run {run.number} took {delay_ns / SECOND:.1f} s; expected at most"
            f" {MOST_NS // SECOND} s"
        )
    boot = run.boot
    fees = FeeRates(maker=Decimal(boot.maker_rate), taker=Decimal(boot.taker_rate))
    return VenueTimes(run.number, fees, delay_ns, len(times))


def seen_books(run: RecordedRun, folder: Path, products: Collection[ProductId]) -> SeenBooks:
    """Return the medians of what `run` kept in its mode's `folder` of the books of `products`.

    Raises:
        NotReplayable: it can't be read.
    """
    seen: dict[ProductId, list[BookLook]] = {}
    # Books are looked at before the first decision.
    odd, begun_ns = 0, min((at_ns for at_ns, _ in run.records[:1]), default=run.begun_ns)
    try:
        for look in read_books(folder / BOOKS, begun_ns, run.ended_ns):
            if look is None:
                odd += 1
            elif look.product in products:
                seen.setdefault(look.product, []).append(look)
    except OSError as error:
        raise NotReplayable(f"the books of run {run.number}: {error}") from error
    books = {
        product: UsualBook(
            spread_bps=median_low(each.spread_bps for each in looks),
            depth=median_low(each.depth for each in looks),
        )
        for product, looks in sorted(seen.items())
    }
    return SeenBooks(books, sum(map(len, seen.values())), odd)


def odd_rows(count: int) -> str:
    """Say that so many rows of books do not count."""
    does = "does" if count == 1 else "do"
    return f"{counted(count, 'row')} of books could not be read and {does} not count"


def _times(run: RecordedRun) -> Iterator[int]:
    raised: dict[str, Nanos] = {}
    for at_ns, message in run.records:
        match message:
            case IntentRaised(intent):
                raised.setdefault(intent.client_order_id, at_ns)
            case OrderAdvanced(client_order_id=name, state=state) if state in ANSWERED:
                begun_ns = raised.pop(name, None)
                if begun_ns is not None:
                    yield max(0, at_ns - begun_ns)
            case _:
                pass
