"""Each rejection has the reason that Coinbase gives, in the place where Coinbase gives it."""

from __future__ import annotations

import pytest

from adapters.simulator.engine import rejections
from adapters.simulator.engine.rejections import UNKNOWN, UNKNOWN_PREVIEW, RequestRejected


@pytest.mark.parametrize(
    ("rejected", "error"),
    [
        (rejections.insufficient_fund(), "INSUFFICIENT_FUND"),
        (rejections.no_liquidity(), "INVALID_NO_LIQUIDITY"),
        (rejections.would_take(), "INVALID_LIMIT_PRICE_POST_ONLY"),
    ],
)
def test_a_reason_stands_in_both_places_under_its_two_names(
    rejected: RequestRejected, error: str
) -> None:
    assert (rejected.error, rejected.preview) == (error, f"PREVIEW_{error}")
    assert str(rejected) == rejected.message != ""


def test_a_size_that_is_too_small_is_told_by_the_preview_only() -> None:
    rejected = rejections.too_small()

    assert rejected.error == UNKNOWN
    assert rejected.preview == "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"


@pytest.mark.parametrize("text", ["no such kind", ""])
def test_a_configuration_that_does_not_fit_has_one_word_in_the_preview(text: str) -> None:
    for rejected in (rejections.unsupported(text), rejections.bad_config("INVALID_X", text)):
        assert rejected.preview == "PREVIEW_INVALID_ORDER_CONFIG"
        assert rejected.message == text
    assert UNKNOWN_PREVIEW not in {rejected.preview}
