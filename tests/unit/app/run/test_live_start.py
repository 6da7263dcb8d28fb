"""Each gate of a start with real money is looked at, and all that are shut are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from app.run.live_start import (
    CLOSED,
    environment_of,
    journal_portfolio,
    look_at_gates,
    refused_at_once,
    told,
    world_of,
)
from domain.messages.venue import PermissionsRead
from domain.system.certificate import PRODUCTION, STAND_IN
from domain.system.live_gates import Gate
from domain.system.recovery import Recovered
from tests.builders.certificates import PORTFOLIO
from tests.builders.live_start import COINBASE_ITSELF, HERE, OTHER, LiveCase, an_owner

pytestmark = pytest.mark.req("M1")

BEHIND = {
    Gate.VENUE: {Gate.ACCOUNT, Gate.PERMISSIONS, Gate.FEES, Gate.CLOCK, Gate.CERTIFICATE},
    Gate.SECRETS: {Gate.ACCOUNT, Gate.PERMISSIONS, Gate.FEES},
}
"""What is not known, or for another place, while a gate is shut."""


@pytest.fixture
def case(tmp_path: Path) -> LiveCase:
    found = LiveCase(tmp_path)
    found.certify()
    return found


@pytest.mark.parametrize("known", [Recovered(), an_owner()], ids=["newcomer", "owner"])
def test_with_every_gate_open_none_is_told(known: Recovered, case: LiveCase) -> None:
    start = look_at_gates(case.options, known, case.around)

    assert start.unmet == ()
    assert (start.rest, start.portfolio, start.environment) == (HERE, PORTFOLIO, STAND_IN)
    assert start.world == f"coinbase/stand-in/{PORTFOLIO}"
    assert start.verdict.certificate is not None
    assert start.key is not None


@pytest.mark.parametrize("known", [Recovered(), an_owner()], ids=["newcomer", "owner"])
@pytest.mark.parametrize("gate", Gate)
def test_a_gate_that_is_shut_is_told_and_no_other(
    gate: Gate, known: Recovered, case: LiveCase
) -> None:
    case.shut(gate)

    start = look_at_gates(case.options, known, case.around)

    assert {each.gate for each in start.unmet} == {gate, *BEHIND.get(gate, set())}
    lines = told(start.unmet)
    assert [line.partition(":")[0] for line in lines] == [
        each.value for each in Gate if each in {found.gate for found in start.unmet}
    ]


def test_all_that_are_shut_are_told_at_once(case: LiveCase) -> None:
    for gate in set(Gate) - {Gate.VENUE, Gate.SECRETS}:
        case.shut(gate)

    start = look_at_gates(case.options, Recovered(), case.around)

    assert {each.gate for each in start.unmet} == set(Gate) - {Gate.VENUE, Gate.SECRETS}


def test_where_real_money_is_nothing_is_signed_and_nothing_asked(case: LiveCase) -> None:
    case.shut(Gate.VENUE)

    start = look_at_gates(case.options, Recovered(), case.around)

    assert case.asked == []
    assert sum(CLOSED in each for each in told(start.unmet)) == 4
    assert any(f"sends no order to {COINBASE_ITSELF}" in each for each in told(start.unmet))


def test_a_certificate_of_a_stand_in_is_none_where_real_money_is(case: LiveCase) -> None:
    case.shut(Gate.VENUE)

    (line,) = (
        each
        for each in told(look_at_gates(case.options, Recovered(), case.around).unmet)
        if each.startswith("certificate")
    )
    assert "another environment: stand-in -> production" in line


@pytest.mark.parametrize("known", [an_owner(OTHER), an_owner(PORTFOLIO, PRODUCTION)])
def test_a_journal_of_another_account_or_of_real_money_is_another_account(
    known: Recovered, case: LiveCase
) -> None:
    start = look_at_gates(case.options, known, case.around)

    (found,) = start.unmet
    assert (found.gate, found.is_final) == (Gate.ACCOUNT, True)
    assert "of which the journal of this folder is" in str(found)


def test_a_venue_that_says_nothing_leaves_the_account_of_the_journal(case: LiveCase) -> None:
    case.rights = PermissionsRead(0, False, False, False, "", "HTTP 503")

    owner = look_at_gates(case.options, an_owner(), case.around)
    newcomer = look_at_gates(case.options, Recovered(), case.around)

    assert owner.portfolio == PORTFOLIO
    assert not any(each.is_final for each in owner.unmet)
    assert newcomer.portfolio is None
    assert any(each.is_final for each in newcomer.unmet)


def test_the_certificate_of_another_portfolio_shuts_the_gate_of_certificates(
    case: LiveCase,
) -> None:
    case.shut(Gate.CERTIFICATE)
    case.certify(portfolio=OTHER)

    (line,) = told(look_at_gates(case.options, an_owner(), case.around).unmet)

    assert line.startswith("certificate: ")
    assert f"another portfolio: {OTHER} -> {PORTFOLIO}" in line


def test_a_folder_without_a_journal_is_refused_before_anything_is_written(
    case: LiveCase, tmp_path: Path
) -> None:
    case.shut(Gate.CONFIRMATION)
    case.shut(Gate.VENUE)
    before = sorted(tmp_path.rglob("*"))

    lines = refused_at_once(case.options, case.environment)

    assert {"confirmation", "venue"} <= {line.partition(":")[0] for line in lines}
    assert sorted(tmp_path.rglob("*")) == before


def test_what_has_a_journal_or_no_standing_gate_shut_is_looked_at_under_the_lock(
    case: LiveCase,
) -> None:
    assert refused_at_once(case.options, case.environment) == ()

    case.shut(Gate.CONFIRMATION)
    (case.folder / "data" / "live" / "journal").mkdir()
    assert refused_at_once(case.options, case.environment) == ()


def test_only_this_machine_stands_in() -> None:
    assert environment_of(HERE) == STAND_IN
    for rest in (COINBASE_ITSELF, "http://127.0.0.1.evil.example", "http://10.0.0.1"):
        assert environment_of(rest) == PRODUCTION


def test_the_portfolio_of_a_journal_is_read_from_its_world() -> None:
    assert journal_portfolio(Recovered(), STAND_IN) is None
    assert journal_portfolio(an_owner(), STAND_IN) == PORTFOLIO
    assert journal_portfolio(evolve(Recovered(), world="generated-7"), STAND_IN) == "generated-7"
    assert world_of(STAND_IN, "p") == "coinbase/stand-in/p"
