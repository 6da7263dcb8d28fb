"""What an order or an edit would do: the same checks as the real thing, and nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.book import VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.editing import EditRefused, edit_request
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.matching import NOTHING, FillPlan
from adapters.simulator.engine.matching_engine import MatchingEngine
from adapters.simulator.engine.rejections import RequestRejected
from adapters.simulator.engine.ticket import configuration_of, required_text, ticket_of
from adapters.simulator.engine.wire import Json, Request, decode_object
from adapters.simulator.rest_api.order_form import commission_detail
from adapters.simulator.rest_api.orders import edit_error
from domain.model.money import ZERO, plain
from domain.model.product import ProductId, Side


@frozen(kw_only=True)
class PreviewsResource:
    """Answers previews; their ids are accepted by no one, as nothing here needs them."""

    matching: MatchingEngine
    catalogue: Catalogue
    books: Mapping[ProductId, VenueBook]
    ids: Ids

    def order(self, request: Request) -> Json:
        """Answer what an order would do."""
        body = decode_object(request.body)
        configuration_of(body)
        errors: list[str] = []
        ticket, plan = None, NOTHING
        try:
            ticket = ticket_of(body, "preview", self.catalogue.tradable)
            plan = self.matching.planner.examine(ticket)
        except RequestRejected as rejected:
            errors.append(rejected.preview)
        side = Side.BUY if ticket is None else ticket.side
        return {
            **self._figures(plan, None if ticket is None else ticket.product.id, side),
            "errs": errors,
            "warning": [],
            "is_max": False,
            "leverage": "",
            "preview_id": self.ids.uuid("preview", repr((ticket, errors))),
        }

    def edit(self, request: Request) -> Json:
        """Answer what an edit would do."""
        body = decode_object(request.body)
        order = self.matching.find(required_text(body, "order_id"))
        errors: list[Json] = []
        plan = NOTHING
        try:
            plan = self.matching.planner.examine_edit(order, edit_request(body))
        except EditRefused as refused:
            errors.append(edit_error(refused))
        name = None if order is None else order.product
        figures = self._figures(plan, name, Side.BUY if order is None else order.side)
        figures["average_filled_price"] = figures.pop("est_average_filled_price")
        return {"errors": errors, **figures}

    def _figures(self, plan: FillPlan, product: ProductId | None, side: Side) -> Json:
        fee = EXACT.multiply(plan.value, self.matching.planner.fees.taker)
        total = (EXACT.add if side is Side.BUY else EXACT.subtract)(plan.value, fee)
        book = None if product is None else self.books[product]
        average = plan.value / plan.quantity if plan.takes else ZERO
        return {
            "order_total": plain(total),
            "commission_total": plain(fee),
            "quote_size": plain(plan.value),
            "base_size": plain(plan.quantity),
            "best_bid": _best(book, Side.BUY),
            "best_ask": _best(book, Side.SELL),
            "slippage": _slippage(book, side, average),
            "est_average_filled_price": plain(average),
            "commission_detail_total": commission_detail(fee),
        }


def _best(book: VenueBook | None, side: Side) -> str:
    price = None if book is None else book.best(side)
    return "" if price is None else plain(price)


def _slippage(book: VenueBook | None, side: Side, average: Decimal) -> str:
    if book is None or average == 0:
        return "0"
    best = book.best(Side.SELL if side is Side.BUY else Side.BUY)
    return plain(round(abs(average / best - 1), 8)) if best else "0"
