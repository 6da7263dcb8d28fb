"""Orders and fills as REST answers show them."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.orders import Edit, Fill, Status, VenueOrder
from adapters.simulator.engine.rejections import UNKNOWN, UNKNOWN_PREVIEW, RequestRejected
from adapters.simulator.engine.wire import Json, stamp
from adapters.simulator.stream_api.frames import average_price, completion
from domain.model.instants import MICROSECOND
from domain.model.money import plain
from domain.model.product import Side


def order_form(order: VenueOrder, user_id: str, portfolio: str) -> Json:
    """Return an order with all its fields."""
    sized_in_quote = order.quote_size is not None
    return {
        "order_id": order.order_id,
        "client_order_id": order.client_order_id,
        "product_id": order.product,
        "user_id": user_id,
        "retail_portfolio_id": portfolio,
        "order_configuration": order.configuration,
        "side": order.side.value,
        "status": order.status.value,
        "time_in_force": order.kind.time_in_force,
        "order_type": order.kind.order_type,
        "created_time": stamp(order.created_ns),
        "last_update_time": stamp(order.updated_ns),
        "last_fill_time": None if order.last_fill_ns is None else stamp(order.last_fill_ns),
        **_progress(order),
        "fee": "",
        "size_in_quote": sized_in_quote,
        "size_inclusive_of_fees": sized_in_quote,
        "outstanding_hold_amount": plain(order.hold),
        "pending_cancel": order.status is Status.CANCEL_QUEUED,
        "settled": order.status.is_final,
        "is_liquidation": False,
        "trigger_status": order.trigger.value,
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "reject_message": "",
        "cancel_message": order.message,
        "product_type": "SPOT",
        "order_placement_source": "RETAIL_ADVANCED",
        "edit_history": [_edit(edit) for edit in order.edits],
        **_pending(order),
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "originating_order_id": order.originating_order_id,
        "attached_order_id": order.attached_order_id,
        "commission_detail_total": commission_detail(order.fees),
    }


def commission_detail(total: Decimal) -> Json:
    """Return a commission in its parts; here all of it is the venue's."""
    others = ("gst", "withholding", "client", "regulatory", "clearing")
    return {
        "total_commission": plain(total),
        "venue_commission": plain(total),
        **{f"{name}_commission": "0" for name in others},
    }


def _edit(edit: Edit) -> Json:
    return {
        "price": plain(edit.price),
        "size": plain(edit.size),
        "replace_accept_timestamp": stamp(edit.at_ns),
    }


def _pending(order: VenueOrder) -> Json:
    """Return members that only some orders have."""
    found: Json = {}
    if order.next_edit is not None:
        found["current_pending_replace"] = _edit(order.next_edit)
    if order.bracket is not None:
        found["attached_order_configuration"] = {"trigger_bracket_gtc": order.bracket}
    return found


def _progress(order: VenueOrder) -> Json:
    after_fees = EXACT.add if order.side is Side.BUY else EXACT.subtract
    return {
        "completion_percentage": plain(completion(order)),
        "number_of_fills": str(order.fills),
        "filled_size": plain(order.filled),
        "average_filled_price": plain(average_price(order)),
        "filled_value": plain(order.value),
        "total_fees": plain(order.fees),
        "total_value_after_fees": plain(after_fees(order.value, order.fees)),
    }


def fill_form(fill: Fill, user_id: str, portfolio: str) -> Json:
    """Return a fill; its size is in quote currency if the order was sized so."""
    size = EXACT.multiply(fill.price, fill.quantity) if fill.sized_in_quote else fill.quantity
    return {
        "entry_id": fill.entry_id,
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "trade_time": stamp(fill.at_ns),
        "trade_type": "FILL",
        "price": plain(fill.price),
        "size": plain(size),
        "commission": plain(fill.commission),
        "product_id": fill.product,
        "sequence_timestamp": stamp(fill.at_ns // MICROSECOND * MICROSECOND),
        "liquidity_indicator": fill.liquidity.value,
        "size_in_quote": fill.sized_in_quote,
        "user_id": user_id,
        "side": fill.side.value,
        "retail_portfolio_id": portfolio,
        "fillSource": "FILL_SOURCE_CLOB",
        "commission_detail_total": commission_detail(fill.commission),
    }


def accepted_form(order: VenueOrder, *, legacy: bool = False) -> Json:
    """Return the answer to a new order that was accepted, now or earlier under its client id.

    The `legacy` form of 2023 repeats the id on top, next to a failure reason that means nothing.
    """
    on_top = {"failure_reason": UNKNOWN, "order_id": order.order_id} if legacy else {}
    return {
        **on_top,
        "success": True,
        "success_response": {
            "order_id": order.order_id,
            "product_id": order.product,
            "side": order.side.value,
            "client_order_id": order.client_order_id,
            "attached_order_id": order.attached_order_id,
        },
        "order_configuration": order.configuration,
    }


def rejected_form(rejected: RequestRejected, configuration: Json) -> Json:
    """Return the answer to a new order that failed a check; HTTP status is 200."""
    only_new_order = rejected.preview == UNKNOWN_PREVIEW
    return {
        "success": False,
        "failure_reason": UNKNOWN,
        "order_id": "",
        "error_response": {
            "error": rejected.error,
            "message": rejected.message,
            "error_details": "",
            "preview_failure_reason": rejected.preview,
            "new_order_failure_reason": rejected.error if only_new_order else UNKNOWN,
        },
        "order_configuration": configuration,
    }
