"""The self-test proves every guard, and names the one that has been taken out: whichever it is.

Rules are found by being in their folder, here too: a new one that no challenge tries is not proven.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest

from actors.trading import last_gate
from actors.trading.approvals import Approvals
from actors.trading.last_gate import LastGate
from actors.trading.throttles import Throttles
from adapters.venues.coinbase import gateway
from app.selftest import proof
from app.selftest.proof import SELFTEST, UNTRIED, Guard, Proof, prove
from config import plugins
from config.effective import Config
from config.loading import load
from domain.model.breakers import GLOBAL, Effect
from domain.portfolio.losses import Loss
from domain.risk.rule import EntryRule
from domain.risk.rules.suspect_price import SuspectPrice
from domain.risk.rules.total_cap import TotalCap

CONFIG = Path(__file__).parents[4] / "config"
OWN_LIMITS_BIND = (
    "policy.liquidity.max_spread_bps=15",
    "policy.max_per_asset_pct={DOGE: 2}",
)
"""Shipped, these limits are behind stricter ones: of the tier, of all assets."""
FED_BEFORE = (SuspectPrice,)
"""Rules whose numbers are judged by the feed: the gate sees what it found."""


NAMES = ("breakout", "baseline", "mean_reversion", "momentum", "trend_daily")
SMALL = tuple(f"strategies.{name}.notional_pct=0.01" for name in NAMES)
POSITION = "policy.caps.position_pct=0.01"


@cache
def shipped(*sets: str) -> Config:
    return load(CONFIG, sets)


def failed(*, is_short: bool = False, config: Config | None = None) -> set[str]:
    found = prove(config or shipped(), is_short=is_short)
    return {guard.name for guard in found.failed}


@pytest.mark.req("M1", "E1")
@pytest.mark.parametrize("is_short", [False, True])
def test_every_guard_of_the_shipped_configuration_is_proven(is_short: bool) -> None:
    found = prove(shipped(), is_short=is_short)

    assert not found.failed
    assert not found.untried
    assert {rule.CODE for rule in plugins.rules()} < {guard.name for guard in found.guards}
    assert found.summary == f"{len(found.guards)}/{len(found.guards)} guards proven"
    assert found.breaker is None


@pytest.mark.req("M1", "E1")
@pytest.mark.parametrize("rule", plugins.rules(), ids=lambda rule: rule.CODE)
def test_a_rule_that_passes_everything_is_named_at_a_start_too(
    rule: type[EntryRule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule, "judge", lambda *_: None)

    assert rule.CODE in failed(is_short=True)


@pytest.mark.req("M1", "E1")
@pytest.mark.parametrize("rule", plugins.rules(), ids=lambda rule: rule.CODE)
def test_a_rule_that_refuses_everything_is_named(
    rule: type[EntryRule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule, "judge", lambda self, *_: self.refuse("anything", "nothing"))

    assert rule.CODE in failed()


def limits() -> list[Any]:
    """Return each limit of a rule that the gate judges by, and its rule."""
    return [
        pytest.param(rule, one, id=f"{rule.CODE}.{one.name}")
        for rule in plugins.rules()
        if rule not in FED_BEFORE
        for one in attrs.fields(rule)
        if one.metadata["tighter"] != "none"
    ]


def looser(value: Any, tighter: str) -> Any:
    if isinstance(value, Mapping):
        return {name: looser(each, tighter) for name, each in value.items()}
    if tighter == "lower":
        return value * 2
    return value // 2 if isinstance(value, int) else value / Decimal(2)


@pytest.mark.req("M1", "E1", "C1")
@pytest.mark.parametrize(("rule", "setting"), limits())
def test_a_limit_that_is_looser_than_it_says_is_noticed(
    rule: type[EntryRule], setting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = rule.judge

    def lenient(self: EntryRule, *about: Any) -> Any:
        other = copy.copy(self)
        value = looser(getattr(self, setting.name), setting.metadata["tighter"])
        object.__setattr__(other, setting.name, value)
        return judge(other, *about)

    monkeypatch.setattr(rule, "judge", lenient)

    assert rule.CODE in failed(is_short=True, config=shipped(*OWN_LIMITS_BIND))


@pytest.mark.req("M1")
@pytest.mark.parametrize(
    ("owner", "name", "broken", "guard"),
    [
        (gateway, "refused_by_type", lambda _: None, "gateway"),
        (LastGate, "_refused_receipt", lambda *_: None, "last_gate"),
        (LastGate, "_refused_approval", lambda *_: None, "last_gate"),
        (LastGate, "_stopped", lambda *_: None, "last_gate"),
        (last_gate, "RECEIPT_LIFE_NS", 10**12, "last_gate"),
        (Approvals, "find", lambda _, order: order, "last_gate"),
        (Loss, "is_breached", False, "daily_loss"),
        (Loss, "is_breached", False, "daily_loss_usd"),
        (Loss, "is_breached", False, "weekly_loss"),
        (Loss, "is_breached", False, "drawdown"),
        (Loss, "is_breached", True, "drawdown"),
        (Throttles, "begin", lambda *_: None, "rejected_orders"),
        (Throttles, "begin", lambda *_: None, "repeated_entries"),
    ],
)
def test_a_wall_behind_the_rules_that_is_taken_down_is_named(
    owner: Any, name: str, broken: Any, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, broken)

    assert guard in failed()


@pytest.mark.req("M1", "R1")
def test_a_gate_of_exits_that_approves_no_matter_what_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("domain.risk.exposure.Exposure.selling", lambda *_: Decimal(0))

    assert failed() == {"exit_gate"}


@pytest.mark.req("M1")
def test_a_rule_that_no_challenge_tries_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    known = list(proof.challenges(shipped()))
    kept = [each for each in known if each.guard != "total_cap"]
    monkeypatch.setattr(proof, "challenges", lambda _: iter(kept))

    (guard,) = prove(shipped()).failed
    assert guard == Guard("total_cap", 0, UNTRIED)


@pytest.mark.req("M1")
def test_a_rule_of_ones_own_needs_no_challenge_and_counts_neither_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = list(proof.challenges(shipped()))
    kept = [each for each in known if each.guard != "total_cap"]
    monkeypatch.setattr(proof, "challenges", lambda _: iter(kept))
    monkeypatch.setattr(TotalCap, "DEMANDED_BY", ())
    found = prove(shipped())

    assert not found.failed
    assert found.untried == ("total_cap",)
    assert "total_cap" not in {guard.name for guard in found.guards}


@pytest.mark.req("M1")
def test_a_self_test_that_breaks_off_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Config) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(proof, "challenges", broken)
    found = prove(shipped())

    assert Guard(SELFTEST, 1, "it broke off: ZeroDivisionError") in found.failed
    assert len(found.failed) == len(plugins.rules()) + 1


@pytest.mark.req("M1")
def test_what_is_not_proven_blocks_entries_by_its_name() -> None:
    found = Proof((Guard("total_cap", 2), Guard("spacing", 4, "an entry passed")))

    assert found.counts == "1/2"
    breaker = found.breaker
    assert breaker is not None
    assert (breaker.name, breaker.scope, breaker.effect) == (SELFTEST, GLOBAL, Effect.BLOCK)
    assert breaker.reason.endswith("spacing: an entry passed")


@pytest.mark.req("M1", "C2")
@pytest.mark.parametrize(
    "sets",
    [
        (*SMALL, "policy.caps.total_pct=0.01", "policy.caps.asset_pct=0.01", POSITION),
        (*SMALL, "policy.proposals.max_notional_pct=0.01"),
        ("policy.execution.entry_offset_bps=-100",),
        ("policy.execution.entry_offset_bps=2000",),
        ("policy.max_order_usd=1",),
        ("policy.capital.allotment=100",),
        ("app.quote=USDC",),
        ("strategies.breakout.max_trades_per_cycle=0",),
        ("strategies.baseline.pyramids=true",),
        tuple(f"strategies.{name}.pyramids=true" for name in NAMES),
        ("policy.pacing.trades_per_hour=1", "policy.caps.open_positions=1"),
    ],
    ids=lambda sets: sets[-1],
)
def test_tighter_and_odd_configurations_are_proven_too(sets: tuple[str, ...]) -> None:
    assert not failed(config=shipped(*sets))


@pytest.mark.req("M1")
@pytest.mark.parametrize("names", [("baseline",), NAMES], ids=["the first", "all of them"])
def test_strategies_that_pyramid_keep_no_start_from_being_proven(names: tuple[str, ...]) -> None:
    sets = (f"strategies.{name}.pyramids=true" for name in names)

    assert not failed(config=shipped(*sets), is_short=True)
