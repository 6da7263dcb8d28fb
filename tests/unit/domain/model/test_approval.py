"""What is approved says by itself whether it buys, sells, or waits to sell."""

from __future__ import annotations

import pytest

from domain.model.approval import Purpose
from tests.builders.messages import a_limit, approved, approved_sale, approved_stop


@pytest.mark.req("PROT1")
def test_a_sale_that_waits_for_the_stop_protects_and_any_other_is_an_exit() -> None:
    assert approved().purpose is Purpose.ENTRY
    assert approved_sale("lot-1").purpose is Purpose.EXIT
    assert approved_sale("lot-1", order_type=a_limit()).purpose is Purpose.EXIT
    assert approved_stop("lot-1").purpose is Purpose.PROTECTION
