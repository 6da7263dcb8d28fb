"""Each gate of trading with real money: when it is shut, what it says, and what that means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.messages.venue import FeesRead, PermissionsRead
from domain.model.breakers import GLOBAL, Effect
from domain.model.money import Rate
from domain.system.live_gates import (
    Gate,
    Owner,
    UnmetGate,
    certificate_gate,
    clock_gate,
    fees_gate,
    gate_breaker,
    is_final,
    rights_gates,
    selftest_gate,
    unasked,
    unmet_confirmation,
    unmet_mode,
    unmet_secrets,
    unmet_venue,
)
from domain.system.ways_out import LIVE_GATES
from tests.builders.certificates import PORTFOLIO, a_certificate
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("M1")

ANYBODY = Owner(configured=None, journal=None)
OTHER = "00000000-0000-4000-8000-000000000000"


def rights(
    *,
    view: bool = True,
    trade: bool = True,
    transfer: bool = False,
    portfolio: str = PORTFOLIO,
    failure: str | None = None,
) -> PermissionsRead:
    return PermissionsRead(1, view, trade, transfer, portfolio, failure)


def fees(maker: str | None, taker: str | None, failure: str | None = None) -> FeesRead:
    first, second = (None if each is None else Rate(Decimal(each)) for each in (maker, taker))
    return FeesRead(1, first, second, failure)


def told(found: Any) -> str:
    assert isinstance(found, UnmetGate)
    return str(found)


def test_a_key_that_may_view_and_trade_of_the_right_account_opens_both_gates() -> None:
    for owner in (ANYBODY, Owner(configured=PORTFOLIO, journal=PORTFOLIO.upper())):
        assert rights_gates(rights(), owner) == ()


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (rights(view=False), "may not view"),
        (rights(trade=False), "may not trade"),
        (rights(transfer=True), "may move money out"),
        (rights(portfolio=""), "belongs to no portfolio"),
    ],
)
def test_a_key_with_other_rights_shuts_the_gate_and_says_which_key_to_make(
    read: PermissionsRead, words: str
) -> None:
    (found,) = rights_gates(read, ANYBODY)

    assert (found.gate, found.is_final) == (Gate.PERMISSIONS, False)
    assert words in str(found)
    assert str(found).endswith("create one that may view and trade, and not transfer")


@pytest.mark.parametrize(
    ("owner", "count"),
    [
        (Owner(configured=OTHER, journal=None), 1),
        (Owner(configured=None, journal=OTHER), 1),
        (Owner(configured=OTHER, journal=OTHER), 2),
    ],
)
def test_the_key_of_another_account_lets_nothing_pass_whatever_is_owned(
    owner: Owner, count: int
) -> None:
    found = rights_gates(rights(), owner)

    assert [each.gate for each in found] == count * [Gate.ACCOUNT]
    assert all(OTHER in str(each) for each in found)
    assert is_final(found, is_owner=True)


@pytest.mark.parametrize(
    ("journal", "is_shut_for_good"), [(None, True), (PORTFOLIO, False)], ids=["none", "known"]
)
def test_an_account_that_nobody_names_is_unmet_and_final_where_the_journal_names_none(
    journal: str | None, is_shut_for_good: bool
) -> None:
    found = rights_gates(rights(failure="HTTP 503"), Owner(configured=None, journal=journal))

    assert [each.gate for each in found] == [Gate.ACCOUNT, Gate.PERMISSIONS]
    assert is_final(found, is_owner=True) is is_shut_for_good
    assert all("HTTP 503" in str(each) for each in found)


def test_a_key_that_the_venue_refuses_points_to_its_check() -> None:
    found = rights_gates(rights(failure="HTTP 401: the key is not taken"), ANYBODY)

    assert all("secrets check" in str(each) for each in found)


@pytest.mark.parametrize(
    ("read", "is_open"),
    [
        (fees("0.006", "0.012"), True),
        (fees("0.004", "0.0119"), True),
        (fees("0", "0"), True),
        (fees("0.0061", "0.012"), False),
        (fees("0.006", "0.0121"), False),
        (fees(None, "0.012"), False),
        (fees("0.006", None), False),
        (fees(None, None, "HTTP 503"), False),
    ],
)
def test_fees_are_known_and_no_higher_than_in_the_rehearsal(read: FeesRead, is_open: bool) -> None:
    found = fees_gate(read, a_certificate())

    assert (found is None) is is_open
    assert found is None or not found.is_final


def test_without_a_certificate_fees_have_to_be_known_at_least() -> None:
    assert fees_gate(fees("0.09", "0.09"), None) is None
    assert "HTTP 503" in told(fees_gate(fees(None, None, "HTTP 503"), None))


def test_every_gate_says_what_it_found_and_in_the_same_line_what_opens_it() -> None:
    found = (
        unmet_mode("paper", "config/app.yaml:3"),
        unmet_confirmation(),
        unmet_venue("https://venue.example"),
        unmet_secrets("there is no key"),
        unasked(Gate.ACCOUNT, "there is no key"),
        unasked(Gate.PERMISSIONS, "there is no key"),
        unasked(Gate.FEES, "there is no key"),
        clock_gate("this machine's clock is 300.0 ms ahead"),
        certificate_gate("there is none"),
        selftest_gate("total_cap: lets it pass"),
    )

    lines = [told(each) for each in found]
    assert [line.partition(":")[0] for line in lines] == [each.value for each in Gate]
    assert all("; " in line and "\n" not in line for line in lines)
    assert (clock_gate(None), certificate_gate(""), selftest_gate("")) == (None, None, None)


@pytest.mark.parametrize("gate", Gate)
@pytest.mark.parametrize("shuts_for_good", [False, True])
def test_with_nothing_owned_any_gate_is_final_and_with_something_only_a_final_one(
    gate: Gate, shuts_for_good: bool
) -> None:
    shut = (UnmetGate(gate, "found", "mend", shuts_for_good),)

    assert is_final(shut, is_owner=False)
    assert is_final(shut, is_owner=True) is shuts_for_good
    assert not is_final((), is_owner=False)


def test_what_is_shut_keeps_entries_out_by_a_breaker_that_names_all_of_it() -> None:
    shut = (unasked(Gate.FEES, "HTTP 503"), unmet_confirmation())

    breaker = gate_breaker(shut, NOW)

    assert breaker is not None
    assert (breaker.name, breaker.scope, breaker.effect) == (LIVE_GATES, GLOBAL, Effect.REDUCE_ONLY)
    assert not breaker.is_latched
    assert breaker.reason == f"{shut[1]} | {shut[0]}"
    assert gate_breaker((), NOW) is None
