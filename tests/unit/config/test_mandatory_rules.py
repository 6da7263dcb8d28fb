"""A rule that a requirement demands can't be left out or loosened: over all files of rules.

They are found by being in their folder: a new one is held to the same.
"""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path
from typing import Any

import attrs
import pytest
from ruamel.yaml import YAML

from app.command_line.cli import main
from config import plugins
from config.errors import ConfigError
from config.loading import load
from config.policy import PolicyKey, policy_keys
from config.profiles import PROFILES, Profile
from config.reference import page
from domain.risk.rule import EntryRule

pytestmark = pytest.mark.req("C1", "E1")

CONFIG = Path(__file__).parents[3] / "config"
RULES = plugins.rules()
KEYS = [key for key in policy_keys() if issubclass(key.owner, EntryRule)]
BARE = [rule for rule in RULES if not attrs.fields(rule)]
FOLDER = CONFIG.parent / "domain" / "risk" / "rules"
THEME_OF_3 = "policy.max_per_theme_pct={LAYER1: 10, LAYER2: 10, DEFI: 10, MEME: 3}"
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


def test_every_file_of_the_folder_is_a_rule_that_is_tried_here() -> None:
    files = {file.stem for file in FOLDER.glob("*.py")} - {"__init__"}

    assert files == {rule.CODE for rule in RULES}
    assert files == {Path(inspect.getfile(rule)).stem for rule in RULES}
    assert {key.owner for key in KEYS} | set(BARE) == set(RULES)


@pytest.mark.parametrize("rule", BARE, ids=lambda rule: rule.CODE)
def test_a_rule_without_settings_is_turned_off_by_nothing_that_can_be_written(
    rule: type[EntryRule],
) -> None:
    """It has no line that could be left out: it runs whatever the file says, or nothing starts."""
    for value in ("null", "{}", "[]", "false", "off", "0", "{enabled: false}", "{DEMANDED_BY: []}"):
        with pytest.raises(ConfigError) as caught:
            load(CONFIG, [f"policy.rules.{rule.CODE}={value}"])
        assert f"policy.rules.{rule.CODE}" in str(caught.value.problems[0])
    for sets in ([], ["policy.rules={}"]):
        assert rule in {type(each) for each in load(CONFIG, sets).policy.rules}


@pytest.mark.parametrize("value", ["null", "[]", "false", "off", "0"])
def test_the_section_of_rules_is_a_mapping_or_nothing_starts(value: str) -> None:
    assert checked(CONFIG, f"policy.rules={value}") == 2


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.CODE)
def test_no_key_turns_a_rule_off(rule: type[EntryRule], capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(CONFIG, f"policy.rules.{rule.CODE}.enabled=false") == 2
    assert rule.CODE in capsys.readouterr().err


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_limit_whose_line_is_missing_stops_the_start(
    key: PolicyKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if (path := ("policy", *key.path)) in PROFILES[Profile.CONSERVATIVE]:
        kept = load(CONFIG).policy  # which does not write it
        assert kept.value(key.name) == PROFILES[Profile.CONSERVATIVE][path], "the profile gives it"
        return
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


def test_an_asset_cap_above_its_themes_names_both_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """The contradiction of the first configuration there was: 7 % of DOGE in 5 % of MEME."""
    assert checked(CONFIG, "policy.max_per_asset_pct={DOGE: 7}") == 2
    told = capsys.readouterr().err
    assert "policy.max_per_asset_pct.DOGE" in told
    assert "policy.max_per_theme_pct.MEME" in told

    assert checked(CONFIG, "policy.max_per_asset_pct={DOGE: 4}", THEME_OF_3) == 2
    told = capsys.readouterr().err
    assert "policy.max_per_asset_pct.DOGE" in told
    assert "policy.max_per_theme_pct.MEME" in told


def test_the_page_names_every_rule_that_has_no_key() -> None:
    for rule in BARE:
        assert f"\n- `{rule.CODE}`: " in page()
