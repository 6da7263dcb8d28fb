"""No entry before recovery is done."""

from __future__ import annotations

import pytest

from domain.risk.rules.not_ready import NotReady
from tests.builders.messages import a_candidate, a_view


@pytest.mark.req("BOOT1")
def test_refuses_until_recovery_is_done() -> None:
    refusal = NotReady().judge(a_candidate(), a_view(is_ready=False))

    assert refusal is not None
    assert refusal.reason == "not_ready"
    assert NotReady().judge(a_candidate(), a_view()) is None
