"""A product's standing."""

from __future__ import annotations

from domain.model.universe import Exclusion
from tests.builders.messages import a_standing


def test_what_nothing_excludes_may_be_bought() -> None:
    assert a_standing().is_eligible
    assert not a_standing(exclusion_reason=Exclusion.SPREAD).is_eligible
