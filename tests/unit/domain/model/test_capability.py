"""The right to send orders can't be made by accident, stretched, copied or kept."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import pytest
from attrs.exceptions import NotAnAttrsClassError

from domain.model.approval import Purpose
from domain.model.capability import (
    IN_PROCESS,
    Extent,
    NoCapability,
    OrderCapability,
    checked,
    checked_for,
)

pytestmark = pytest.mark.req("M1")

VENUE = "https://venue.example"


class LooksAlike:
    """Answers as a right would."""

    extent, venue = Extent.ALL, VENUE

    def refusal(self, _: Purpose) -> None:
        return None


@pytest.mark.parametrize(
    ("extent", "lets_pass"),
    [
        (Extent.ALL, set(Purpose)),
        (Extent.EXITS, {Purpose.EXIT, Purpose.PROTECTION}),
        (Extent.HARMLESS, set[Purpose]()),
    ],
)
def test_it_lets_pass_what_it_is_for_and_refuses_the_rest_in_words(
    extent: Extent, lets_pass: set[Purpose]
) -> None:
    right = OrderCapability(extent, VENUE)

    assert {each for each in Purpose if right.refusal(each) is None} == lets_pass
    for each in set(Purpose) - lets_pass:
        assert str(right.refusal(each)).startswith("this run has no right to send an ")


@pytest.mark.parametrize("found", [None, True, "all", object(), LooksAlike(), OrderCapability])
def test_a_look_alike_is_none(found: object) -> None:
    with pytest.raises(NoCapability, match="only the mode gate"):
        checked(found, tuple(Extent))
    with pytest.raises(NoCapability):
        checked_for(found, VENUE)


def test_it_is_good_for_one_venue_and_no_other() -> None:
    right = OrderCapability(Extent.EXITS, VENUE)

    assert checked_for(right, VENUE) is right
    for other in ("https://venue.example.evil", VENUE + "/", "", IN_PROCESS):
        with pytest.raises(NoCapability, match=r"is for https://venue\.example, not for"):
            checked_for(right, other)


def test_one_for_a_check_is_none_for_a_trader_and_the_other_way_round() -> None:
    harmless = OrderCapability(Extent.HARMLESS, VENUE)

    with pytest.raises(NoCapability, match="needs the right to all or exits, found harmless"):
        checked_for(harmless, VENUE)
    with pytest.raises(NoCapability, match="needs the right to harmless, found all"):
        checked(OrderCapability(Extent.ALL, VENUE), (Extent.HARMLESS,))


@pytest.mark.parametrize(("extent", "venue"), [("all", VENUE), (None, VENUE), (Extent.ALL, "")])
def test_one_that_is_good_for_nothing_is_not_made(extent: Any, venue: str) -> None:
    with pytest.raises(NoCapability):
        OrderCapability(extent, venue)


def test_it_is_not_changed_copied_kept_or_derived_from() -> None:
    right = OrderCapability(Extent.EXITS, VENUE)
    tries = (
        lambda: setattr(right, "_extent", Extent.ALL),
        lambda: setattr(right, "extent", Extent.ALL),
        lambda: delattr(right, "_venue"),
        lambda: copy.copy(right),
        lambda: copy.deepcopy(right),
        lambda: pickle.dumps(right),
        lambda: json.dumps(right),
        lambda: attrs.evolve(right, extent=Extent.ALL),  # type: ignore[misc] # the claim
        lambda: type("Stretched", (OrderCapability,), {}),
    )

    for each in tries:
        with pytest.raises((AttributeError, TypeError, NotAnAttrsClassError)):
            each()
    assert right.extent is Extent.EXITS
    assert repr(right) == "OrderCapability(exits, https://venue.example)"
