"""Alerts of clock, key and wallet say what was found, what was done and what to type."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.breakers import Severity
from domain.system.access_alerts import of_clock, of_key_age, of_other_wallet, of_wallet
from domain.system.key_age import KeyAge, KeyState


@pytest.mark.req("SEC2")
@pytest.mark.parametrize(
    ("age", "severity"),
    [
        (KeyAge(KeyState.DUE, 83), Severity.WARNING),
        (KeyAge(KeyState.UNKNOWN), Severity.WARNING),
        (KeyAge(KeyState.OVERDUE, 91), Severity.CRITICAL),
    ],
)
def test_a_key_that_is_overdue_is_critical_and_one_that_is_due_a_warning(
    age: KeyAge, severity: Severity
) -> None:
    alert = of_key_age(age)

    assert (alert.severity, alert.code, alert.what) == (severity, "KEY_AGE", age.words)
    assert alert.command == "python run.py secrets check"


@pytest.mark.req("TIME1")
def test_a_clock_that_is_off_at_the_start_is_a_warning_with_the_command_that_sets_it() -> None:
    alert = of_clock("900 ms ahead")

    assert (alert.severity, alert.what) == (Severity.WARNING, "900 ms ahead")
    assert alert.command == "timedatectl set-ntp true"


@pytest.mark.req("CASH1")
@pytest.mark.parametrize(("is_all", "severity"), [(True, Severity.WARNING), (False, Severity.INFO)])
def test_money_in_the_other_wallet_is_told_with_the_command_by_which_it_trades(
    is_all: bool, severity: Severity
) -> None:
    alert = of_other_wallet("USD", Decimal(250), is_all=is_all)

    assert alert.severity is severity
    assert alert.what.startswith("250.00 USDC are in the other wallet")
    assert "app.quote=USDC" in alert.command


@pytest.mark.req("CASH1")
def test_a_wallet_that_is_missing_is_told_with_the_key_to_look_at() -> None:
    alert = of_wallet("the account has no USD wallet, but EUR")

    assert alert.severity is Severity.WARNING
    assert "app.quote" in alert.worst
