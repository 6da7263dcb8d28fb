"""What the world does to a venue and to our account outside the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve, frozen

from adapters.simulator.engine.accounts import FeeRates, VenueAccounts
from adapters.simulator.engine.book import Levels, VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.matching_engine import MatchingEngine
from adapters.simulator.engine.orders import Kind, Status, VenueOrder
from adapters.simulator.engine.rejections import RequestRejected
from adapters.simulator.engine.states import States
from adapters.simulator.engine.tape import Tape
from adapters.simulator.engine.ticket import Ticket
from adapters.simulator.stream_api.hub import Hub
from domain.model.money import plain
from domain.model.product import DELISTED, ProductFlags, ProductId, Side

GONE = ProductFlags(status=DELISTED, is_disabled=True, trading_disabled=True)


@frozen(kw_only=True)
class WorldEvents:
    """Acts at the engine's present market time; the caller lets the engine make them durable."""

    catalogue: Catalogue
    books: Mapping[ProductId, VenueBook]
    matching: MatchingEngine
    ledger: VenueAccounts
    states: States
    tape: Tape
    hub: Hub

    def currencies(self) -> tuple[str, ...]:
        """Return the currencies that the account has wallets for, sorted."""
        products = self.catalogue.tradable.values()
        names = {product.base for product in products} | {product.quote for product in products}
        return tuple(sorted(names | set(self.ledger.currencies())))

    def move(self, currency: str, amount: Decimal) -> Decimal:
        """Pay `amount` in, or if negative out, at most what is available; return what moved."""
        moved = max(amount, -self.ledger.available(currency))
        self.ledger.deposit(currency, moved)
        return moved

    def set_fees(self, fees: FeeRates) -> None:
        """Let orders accepted from now on pay `fees`."""
        self.matching.planner.fees = fees

    def set_flag(self, product: ProductId, flag: str | None, status: str | None) -> None:
        """Set one flag of a product, or its status."""
        flags = self.states.flags(self.catalogue.played[product])
        if flag is not None:
            flags = ProductFlags.of(flags.status, (*flags.switched, flag))
        if status is not None:
            flags = evolve(flags, status=status)
        self.states.set(product, flags)

    def reset_flags(self, product: ProductId) -> None:
        """Let a product have its own flags again."""
        self.states.reset(product)

    def delist(self, product: ProductId) -> None:
        """Cancel the product's orders and end its trading."""
        self.states.set(product, GONE)
        for order in self.matching.on(product):
            self.matching.end(order, "Product delisted")

    def place(
        self,
        client_order_id: str,
        product: ProductId,
        side: Side,
        quantity: Decimal,
        price: Decimal | None,
    ) -> VenueOrder | str:
        """Place an order on the account, at market without a price; a text says why not."""
        kind = Kind.MARKET_IOC if price is None else Kind.LIMIT_GTC
        members = {"base_size": plain(quantity)}
        if price is not None:
            members["limit_price"] = plain(price)
        ticket = Ticket(
            client_order_id=client_order_id,
            product=self.catalogue.tradable[product],
            side=side,
            kind=kind,
            base_size=quantity,
            limit_price=price,
            configuration={kind.value: members},
        )
        try:
            return self.matching.create(ticket)
        except RequestRejected as rejected:
            return rejected.message

    def cancel(self, order_id: str, message: str) -> None:
        """Cancel an order of the account, if it still lives."""
        order = self.matching.find(order_id)
        if order is not None and not order.status.is_final:
            self.matching.end(order, message)

    def fill_cancelled(self, order_id: str, quantity: Decimal) -> bool:
        """Fill an order that was cancelled; tell whether that could be paid."""
        order = self.matching.find(order_id)
        if order is None or order.status is not Status.CANCELLED:
            return False
        return self.matching.fill_ended(order, min(quantity, order.leaves))

    def tell(self, order_id: str) -> None:
        """Say an order's state on the user channel."""
        order = self.matching.find(order_id)
        if order is not None:
            self.hub.order_changed(order)

    def show(self, product: ProductId, bids: Levels, asks: Levels) -> None:
        """Replace the market's levels of a product now."""
        self.books[product].replace(bids, asks)
        self.hub.book_changed(product)

    def alter(self, product: ProductId, at_ns: int) -> None:
        """Note that a product's trades are not the market's own in the minute of `at_ns`."""
        self.tape.alter(product, at_ns)
