"""Which of the venue's words end an order."""

from __future__ import annotations

import pytest

from domain.model.orders import VenueStatus


@pytest.mark.req("X1", "E2")
def test_an_order_ends_by_four_words_and_never_by_one_that_we_do_not_know() -> None:
    ended = {each for each in VenueStatus if each.is_terminal}

    assert ended == {
        VenueStatus.FILLED,
        VenueStatus.CANCELLED,
        VenueStatus.EXPIRED,
        VenueStatus.FAILED,
    }
    assert not VenueStatus.UNKNOWN.is_terminal
    assert not VenueStatus.CANCEL_QUEUED.is_terminal
