"""A rule that a requirement demands can't be left out or loosened: over all files of rules.

They are found by being in their folder: a new one is held to the same.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import attrs
import pytest
from ruamel.yaml import YAML

from app.command_line.cli import main
from config import plugins
from config.loading import load
from config.policy import PolicyKey, policy_keys
from config.profiles import PROFILES, Profile
from domain.risk.rule import EntryRule

pytestmark = pytest.mark.req("C1", "E1")

CONFIG = Path(__file__).parents[3] / "config"
RULES = plugins.rules()
KEYS = [key for key in policy_keys() if issubclass(key.owner, EntryRule)]
MAY_BE_EMPTY = {"max_per_asset_pct"}
"""Keys that only tighten another limit, which stands without them."""


def checked(folder: Path, *sets: str) -> int:
    words = [word for each in sets for word in ("--set", each)]
    return main(["config", "check", "--config-dir", str(folder), *words])


def without(folder: Path, key: PolicyKey) -> Path:
    """Return a copy of the shipped configuration in which the line of `key` is missing."""
    shutil.copytree(CONFIG, folder)
    file, yaml = folder / "policy.yaml", YAML()
    policy = yaml.load(file)
    section: Any = policy
    for name in key.path[:-1]:
        section = section[name]
    del section[key.path[-1]]
    yaml.dump(policy, file)
    return folder


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.CODE)
def test_every_rule_answers_for_a_requirement_and_runs(rule: type[EntryRule]) -> None:
    assert rule.DEMANDED_BY
    assert rule in {type(each) for each in load(CONFIG).policy.rules}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.CODE)
def test_no_key_turns_a_rule_off(rule: type[EntryRule], capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(CONFIG, f"policy.rules.{rule.CODE}.enabled=false") == 2
    assert rule.CODE in capsys.readouterr().err


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_limit_whose_line_is_missing_stops_the_start(
    key: PolicyKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if ("policy", *key.path) in PROFILES[Profile.CONSERVATIVE]:
        return  # the profile gives it
    if key.attribute.name in MAY_BE_EMPTY:
        assert checked(without(tmp_path / "config", key)) == 0
        return
    assert checked(without(tmp_path / "config", key)) == 2
    assert f"policy.{key.name}: is missing and mandatory" in capsys.readouterr().err


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_limit_beyond_its_ceiling_stops_the_start(
    key: PolicyKey, capsys: pytest.CaptureFixture[str]
) -> None:
    low, _, high = key.attribute.metadata["limits"].removeprefix("each ").partition(" .. ")
    beyond = f"{low}1" if low.startswith("-") else "-1"
    if key.attribute.metadata["tighter"] == "lower":
        beyond = f"{high}1"
    elif low not in ("", "0"):
        beyond = "0"
    members = key.attribute.metadata["limits"].startswith("each")
    value = f"{{DOGE: {beyond}, MEME: {beyond}}}" if members else beyond

    assert checked(CONFIG, f"policy.{key.name}={value}") == 2
    assert f"policy.{key.name}" in capsys.readouterr().err


def test_every_limit_says_which_way_is_tighter() -> None:
    fields = [one for rule in RULES for one in attrs.fields(rule)]

    assert {one.metadata["tighter"] for one in fields} == {"lower", "higher"}
