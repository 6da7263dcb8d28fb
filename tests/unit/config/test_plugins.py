"""Rules and strategies are found by being in their folder; what is wrong with one has a place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from config import plugins
from config.errors import ConfigError, KeyPlace, Problem
from config.plugins import rules, strategies
from config.policy import policy_keys

PACKAGE = "plugged_in"
IMPORTS = """from decimal import Decimal
from attrs import frozen
from domain.model.settings import REQUIRED, number
from domain.risk.rule import EntryRule
from domain.decisions.strategy import Strategy
"""
SOUND = """@frozen(kw_only=True)
class Sound(EntryRule):
    CODE = "sound"
    ORDER = 1
    def judge(self, wanted, view): ...
"""
STRATEGY = """@frozen(kw_only=True)
class Sound(Strategy):
    id: str
    lookback = 1
    def trigger(self, bars): ...
    def decide(self, context): ...
"""


@pytest.fixture
def package(tmp_path: Path) -> Iterator[ModuleType]:
    """Return an empty folder of plug-ins."""
    module = ModuleType(PACKAGE)
    module.__path__ = [str(tmp_path)]
    sys.modules[PACKAGE] = module
    yield module
    for name in [one for one in sys.modules if one.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def problems(package: ModuleType, kind: str, text: str, name: str = "sound") -> list[str]:
    """Return what is told about a folder with one file; its imports take the first five lines."""
    (Path(package.__path__[0]) / f"{name}.py").write_text(IMPORTS + text, encoding="utf-8")
    shipped = {"rule": plugins._RULES, "strategy": plugins._STRATEGIES}[kind]
    _, found = plugins._searched(attrs.evolve(shipped, package=package))
    return [str(each) for each in found]


def test_a_sound_file_is_found_under_its_name(package: ModuleType) -> None:
    assert problems(package, "rule", SOUND) == []
    assert problems(package, "strategy", STRATEGY, "other")[0].startswith(f"{PACKAGE}/sound.py:1:")


CASES = {
    "no class": ("rule", "", "1: expected one class with the method judge, found none"),
    "two classes": (
        "strategy",
        STRATEGY + STRATEGY.replace("Sound", "Second"),
        "1: expected one class with the method decide, found Sound, Second",
    ),
    "a name that is not there": (
        "rule",
        "missing\n",
        "6: cannot be imported: NameError: name 'missing' is not defined",
    ),
    "no Python": ("rule", "def\n", "6: cannot be imported: SyntaxError: invalid syntax"),
    "another code": (
        "rule",
        SOUND.replace('"sound"', '"sonud"'),
        "6: Sound.CODE must be 'sound', as its file is named",
    ),
    "no place among the rules": (
        "rule",
        SOUND.replace("ORDER = 1", ""),
        "6: Sound.ORDER must be a whole number: its place among the rules",
    ),
    "no rule at all": ("rule", SOUND.replace("(EntryRule)", ""), "6: Sound is no EntryRule"),
    "not frozen": (
        "rule",
        SOUND.replace("@frozen(kw_only=True)\n", ""),
        "6: Sound must be decorated with attrs.frozen(kw_only=True)",
    ),
    "no id": (
        "strategy",
        STRATEGY.replace("id: str", "name: str"),
        "6: Sound must be a frozen attrs class with a field `id`",
    ),
    "no strategy at all": (
        "strategy",
        STRATEGY.replace("(Strategy)", ""),
        "6: Sound has no timeframe: a strategy inherits from domain.decisions.strategy.Strategy"
        " and has lookback, trigger and decide",
    ),
    "no look-back": (
        "strategy",
        STRATEGY.replace("    lookback = 1\n", ""),
        "6: Sound has no lookback: a strategy inherits from domain.decisions.strategy.Strategy"
        " and has lookback, trigger and decide",
    ),
    "a setting without a meaning": (
        "strategy",
        STRATEGY.replace("id: str", "id: str\n    speed: int = 3"),
        "9: the setting speed declares no meaning, unit and range:"
        " use number or setting of domain/model/settings.py",
    ),
    "a setting that nothing can read": (
        "strategy",
        STRATEGY.replace(
            "id: str", "id: str\n    speed: float = number('1', 'x', low='0', high='2')"
        ),
        "9: the setting speed must be one of str, bool, int, Decimal, Nanos,"
        " and tuples, mappings and `| None` of them",
    ),
    "a setting of a kind that is not there": (
        "strategy",
        STRATEGY.replace("id: str", "id: str\n    speed: 'Speed' = 3"),
        "6: Sound: its annotations cannot be read: name 'Speed' is not defined",
    ),
    "a setting that all have": (
        "strategy",
        STRATEGY.replace("id: str", "id: str\n    enabled: int = number(1, 'x', low=0, high=2)"),
        "9: the setting enabled belongs to every strategy already",
    ),
}


@pytest.mark.req("C1")
@pytest.mark.parametrize("case", CASES)
def test_a_file_that_cannot_be_used_is_told_with_its_line(case: str, package: ModuleType) -> None:
    kind, text, said = CASES[case]

    assert problems(package, kind, text) == [f"{PACKAGE}/sound.py:{said}"]


def test_with_a_problem_nothing_is_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (Problem(KeyPlace("domain/risk/rules/x.py", 3), (), "is broken"),)
    monkeypatch.setattr(plugins, "problems", lambda: broken)

    for ask in (rules, strategies):
        with pytest.raises(ConfigError, match=r"x\.py:3: is broken"):
            ask()


# What ships.


def test_the_shipped_files_can_all_be_used() -> None:
    assert plugins.problems() == ()
    assert len(rules()) == 32
    shipped = ["baseline", "breakout", "mean_reversion", "momentum", "trend_daily"]
    assert list(strategies()) == shipped


def test_rules_stand_in_order_of_headline_and_no_two_at_one_place() -> None:
    order = [rule.ORDER for rule in rules()]

    assert order == sorted(set(order))


def test_no_two_settings_stand_at_one_key() -> None:
    names = [key.name for key in policy_keys()]

    assert len(names) == len(set(names))


@pytest.mark.req("C1")
def test_each_shipped_rule_always_runs_and_its_limits_must_be_written() -> None:
    """A limit without which nothing would be bounded has no silent default."""
    for rule in rules():
        assert rule.DEMANDED_BY, rule.CODE
        optional = {one.name for one in attrs.fields(rule) if not one.metadata["mandatory"]}
        assert optional <= {"max_per_asset_pct"}, rule.CODE
