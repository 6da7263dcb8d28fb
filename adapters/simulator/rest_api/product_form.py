"""A product as the venue lists it."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulator.engine.history import DayStatistics
from adapters.simulator.engine.wire import Json
from domain.model.money import plain
from domain.model.product import Product, ProductFlags

_HUNDRED = Decimal(100)
_BLANK: Json = {
    **dict.fromkeys(("mid_market_price", "best_bid_price", "best_ask_price"), ""),
    **dict.fromkeys(("new_at", "fcm_trading_session_details", "future_product_details")),
    **dict.fromkeys(("market_cap", "base_cbrn", "quote_cbrn", "product_cbrn"), ""),
    **dict.fromkeys(("icon_color", "icon_url", "display_name_overwrite"), ""),
    "about_description": "",
}
"""What production sends without content for a spot product, in its order."""


def product_form(
    product: Product, flags: ProductFlags, day: DayStatistics, last: Decimal | None
) -> Json:
    """Return all fields of a product, with the flags and prices of now."""
    return {
        "product_id": product.id,
        **_prices(day, last),
        "base_increment": plain(product.base_increment),
        "quote_increment": plain(product.quote_increment),
        "price_increment": plain(product.price_increment),
        "base_min_size": plain(product.base_min),
        "base_max_size": plain(product.base_max),
        "quote_min_size": plain(product.quote_min),
        "quote_max_size": plain(product.quote_max),
        "base_name": product.base,
        "quote_name": product.quote,
        "base_display_symbol": product.base,
        "quote_display_symbol": product.quote,
        "display_name": f"{product.base}-{product.quote}",
        "base_currency_id": product.base,
        "quote_currency_id": product.quote,
        **_flags(flags),
        "watched": False,
        "new": False,
        "is_alpha_testing": False,
        "product_type": "SPOT",
        "product_venue": "CBE",
        "alias": "",
        "alias_to": [],
        **_BLANK,
    }


def _prices(day: DayStatistics, last: Decimal | None) -> Json:
    return {
        "price": "" if last is None else plain(last),
        "price_percentage_change_24h": _change(day.first, last),
        "volume_24h": plain(day.volume),
        "volume_percentage_change_24h": _change(day.volume_before, day.volume),
        "approximate_quote_24h_volume": plain(round(day.quote_volume, 2)),
        "high_24h": plain(day.high),
        "low_24h": plain(day.low),
    }


def _change(before: Decimal | None, now: Decimal | None) -> str:
    if not before or now is None:
        return "0"
    return plain(round((now / before - 1) * _HUNDRED, 12))


def _flags(flags: ProductFlags) -> Json:
    return {
        "status": flags.status,
        "is_disabled": flags.is_disabled,
        "trading_disabled": flags.trading_disabled,
        "cancel_only": flags.cancel_only,
        "limit_only": flags.limit_only,
        "post_only": flags.post_only,
        "auction_mode": flags.auction_mode,
        "view_only": flags.view_only,
    }
