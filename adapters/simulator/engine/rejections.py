"""Why a new order is answered with success false, in the venue's words."""

from __future__ import annotations

UNKNOWN = "UNKNOWN_FAILURE_REASON"
UNKNOWN_PREVIEW = "UNKNOWN_PREVIEW_FAILURE_REASON"


class RequestRejected(Exception):
    """An order that the venue answers with success false."""

    def __init__(self, error: str, preview: str, message: str) -> None:
        super().__init__(message)
        self.error = error
        self.preview = preview
        self.message = message


def preview_only(reason: str, message: str) -> RequestRejected:
    """Return a rejection whose reason Coinbase reports in the preview field only."""
    return RequestRejected(UNKNOWN, reason, message)


def unsupported(message: str) -> RequestRejected:
    """Return the rejection of a kind of order that this venue does not take."""
    return RequestRejected(
        "UNSUPPORTED_ORDER_CONFIGURATION", "PREVIEW_INVALID_ORDER_CONFIG", message
    )


def bad_config(error: str, message: str) -> RequestRejected:
    """Return the rejection `error` of a configuration whose members do not fit together."""
    return RequestRejected(error, "PREVIEW_INVALID_ORDER_CONFIG", message)


def insufficient_fund() -> RequestRejected:
    """Return the rejection of an order that the balance does not cover."""
    return RequestRejected(
        "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND", "Insufficient balance in source account"
    )


def no_liquidity() -> RequestRejected:
    """Return the rejection of a market order against an empty side."""
    return RequestRejected(
        "INVALID_NO_LIQUIDITY", "PREVIEW_INVALID_NO_LIQUIDITY", "no orders on the other side"
    )


def would_take() -> RequestRejected:
    """Return the rejection of a post-only order that would take."""
    return RequestRejected(
        "INVALID_LIMIT_PRICE_POST_ONLY",
        "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
        "post only order would take liquidity",
    )


def too_small() -> RequestRejected:
    """Return the rejection of an order for less than the smallest base quantity."""
    return preview_only("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "order size is too small")
