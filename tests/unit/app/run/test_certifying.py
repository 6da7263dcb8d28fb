"""Under which certificate a start may trade: the same policy, or a stricter one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from app.run.certifying import Rehearsed, certified, code_of, issue
from config.effective import Config
from config.loading import load
from domain.model.instants import DAY, Nanos
from domain.model.money import Rate
from domain.system.certificate import STAND_IN, CertifiedPlace
from tests.builders.certificates import EVIDENCE, PORTFOLIO
from tests.builders.messages import NOW
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("M1", "CH1", "RH1")

SHIPPED = load(CONFIG)
REHEARSED = Rehearsed(
    venue="coinbase",
    environment=STAND_IN,
    portfolio=PORTFOLIO,
    evidence=EVIDENCE,
    maker=Rate(Decimal("0.006")),
    taker=Rate(Decimal("0.012")),
    issued_ns=Nanos(NOW - DAY),
)
PLACE = CertifiedPlace(
    venue="coinbase", environment=STAND_IN, portfolio=PORTFOLIO, code=code_of(SHIPPED)
)


def changed(*sets: str) -> Config:
    return load(CONFIG, sets)


def test_the_policy_that_was_rehearsed_is_certified(tmp_path: Path) -> None:
    issue(tmp_path, SHIPPED, REHEARSED)

    found = certified(tmp_path, SHIPPED, PLACE, NOW)

    assert found.certificate is not None
    assert found.certificate.policy_hash == SHIPPED.policy_hash
    assert (found.fault, found.tighter) == ("", ())


def test_mode_folders_and_other_keys_of_the_application_are_not_part_of_it(tmp_path: Path) -> None:
    issue(tmp_path, SHIPPED, REHEARSED)

    other = changed("app.mode=dry-run", "app.log.level=DEBUG", "app.strategies.folder=mine")
    assert certified(tmp_path, other, PLACE, NOW).certificate is not None


def test_a_stricter_policy_is_too_and_the_differences_are_listed(tmp_path: Path) -> None:
    issue(tmp_path, SHIPPED, REHEARSED)

    stricter = changed("policy.caps.total_pct=14", "policy.stops.daily_pct=2")
    found = certified(tmp_path, stricter, PLACE, NOW)

    assert found.certificate is not None
    assert [str(each) for each in found.tighter] == [
        "policy.caps.total_pct 15 -> 14",
        "policy.stops.daily_pct 3 -> 2",
    ]


def test_one_looser_value_among_stricter_ones_is_refused_and_named(tmp_path: Path) -> None:
    issue(tmp_path, changed("policy.caps.total_pct=10"), REHEARSED)

    looser = changed("policy.caps.total_pct=12", "policy.stops.daily_pct=2")
    found = certified(tmp_path, looser, PLACE, NOW)

    assert found.certificate is None
    assert "policy.caps.total_pct 10 -> 12 (looser)" in found.fault
    assert "daily_pct" not in found.fault
    assert looser.policy_hash in found.fault


def test_a_value_without_a_stricter_side_is_not_certified(tmp_path: Path) -> None:
    issue(tmp_path, SHIPPED, REHEARSED)

    found = certified(tmp_path, changed("policy.loop.interval_seconds=45"), PLACE, NOW)

    assert found.certificate is None
    assert "policy.loop.interval_seconds" in found.fault
    assert "-> 45" in found.fault


def test_another_program_is_not_certified_by_the_same_values(tmp_path: Path) -> None:
    issue(tmp_path, SHIPPED, REHEARSED)

    found = certified(tmp_path, SHIPPED, evolve(PLACE, code="d" * 64), NOW)

    assert found.certificate is None
    assert "the program has changed since" in found.fault


def test_without_any_there_is_none_and_of_several_the_newest_good_one_counts(
    tmp_path: Path,
) -> None:
    assert certified(tmp_path, SHIPPED, PLACE, NOW).fault == "there is none"

    issue(tmp_path, SHIPPED, evolve(REHEARSED, issued_ns=Nanos(NOW - 40 * DAY)))
    assert "ran out" in certified(tmp_path, SHIPPED, PLACE, NOW).fault
    issue(tmp_path, SHIPPED, REHEARSED)
    issue(tmp_path, SHIPPED, evolve(REHEARSED, issued_ns=Nanos(NOW + 10 * DAY)))
    found = certified(tmp_path, SHIPPED, PLACE, NOW)
    assert found.certificate is not None
    assert found.certificate.issued_ns == REHEARSED.issued_ns

    other = certified(tmp_path, SHIPPED, evolve(PLACE, portfolio="other"), NOW)
    assert other.certificate is None
    assert "another portfolio" in other.fault
    assert "(and 2 others that will not do either)" in other.fault
