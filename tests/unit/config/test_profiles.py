"""A profile gives what nobody has written, and is bounded like everything that somebody writes."""

from __future__ import annotations

import shutil
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from app.configuration.losses import radius_of
from app.configuration.sizes import SHOWN_REGIMES, usual_sizes
from config.difference import Way, differences
from config.effective import Config
from config.errors import ConfigError
from config.loading import load
from config.profiles import PROFILES, Profile, profile_keys
from domain.model.money import Amount
from domain.risk.rules.position_cap import PositionCap

pytestmark = pytest.mark.req("C1", "C2")
SHIPPED = Path(__file__).parents[3] / "config"
BOLD = "policy.profile=day_trader"


def with_profile(profile: Profile, *sets: str) -> Config:
    return load(SHIPPED, [f"policy.profile={profile}", *sets])


def value(config: Config, name: str) -> object:
    return next(entry.value for entry in config.effective() if entry.name == name)


def source(config: Config, name: str) -> str:
    return next(entry.source for entry in config.effective() if entry.name == name)


@pytest.mark.parametrize("profile", Profile)
def test_each_gives_its_values_and_says_so(profile: Profile) -> None:
    config = with_profile(profile)

    for path, given in PROFILES[profile].items():
        name = ".".join(map(str, path))
        assert Decimal(str(value(config, name))) == given
        assert source(config, name) == f"profile {profile}"
    assert config.policy.profile is profile


def test_without_a_word_it_is_the_conservative_one(tmp_path: Path) -> None:
    assert load(SHIPPED).policy.profile is Profile.CONSERVATIVE

    for name in ("app", "policy", "universe", "strategies"):
        shutil.copy(SHIPPED / f"{name}.yaml", tmp_path)
    lines = (tmp_path / "policy.yaml").read_text().splitlines(keepends=True)
    (tmp_path / "policy.yaml").write_text(
        "".join(line for line in lines if not line.startswith("profile:"))
    )
    assert load(tmp_path).policy_hash == load(SHIPPED).policy_hash


@pytest.mark.parametrize("profile", Profile)
def test_each_leaves_three_products_open_from_500_on(profile: Profile) -> None:
    config = with_profile(profile)

    for regime in SHOWN_REGIMES:
        found = usual_sizes(config, Amount(Decimal(500)), regime)
        for tier in config.universe.tiers:
            assert sum(each.is_open for each in found if each.tier == tier) >= 3


def test_each_is_looser_than_the_one_before_and_never_tighter() -> None:
    for tame, bold in pairwise(Profile):
        one, other = (
            {entry.name: entry.value for entry in with_profile(each).effective()}
            for each in (tame, bold)
        )
        found = differences(one, other)
        assert len(found) > 3
        assert {each.way for each in found} == {Way.LOOSER}


def test_what_is_written_stands_above_a_profile(tmp_path: Path) -> None:
    said = load(SHIPPED, [BOLD, "policy.proposals.min_conviction=0.7"])
    assert (value(said, "policy.proposals.min_conviction"), said.policy.profile) == (
        "0.7",
        Profile.DAY_TRADER,
    )

    for name in ("app", "policy", "universe", "strategies"):
        shutil.copy(SHIPPED / f"{name}.yaml", tmp_path)
    universe = (tmp_path / "universe.yaml").read_text()
    (tmp_path / "universe.yaml").write_text(
        universe.replace("tier_pct: 15}", "tier_pct: 15, position_pct: 4.7}")
    )
    written = load(tmp_path, [BOLD])
    assert value(written, "universe.tiers.T1.position_pct") == "4.7"
    assert "universe.yaml:" in source(written, "universe.tiers.T1.position_pct")
    assert source(written, "universe.tiers.T1.size_pct") == "profile day_trader"


def test_a_tier_that_is_made_tighter_contradicts_no_profile() -> None:
    config = load(
        SHIPPED, [BOLD, "universe.tiers.T1.position_pct=2", "universe.tiers.T3.tier_pct=1"]
    )

    assert [tier.position_pct for tier in config.universe.tiers.values()] == [2, 2, 1]


def test_tiers_that_nobody_wrote_get_it_too_and_others_do_not(tmp_path: Path) -> None:
    for name in ("app", "policy", "strategies"):
        shutil.copy(SHIPPED / f"{name}.yaml", tmp_path)
    text = (SHIPPED / "universe.yaml").read_text()
    head, _, rest = text.partition("tiers:")
    (tmp_path / "universe.yaml").write_text(head + rest[rest.index("stability:") :])
    assert load(tmp_path, [BOLD]).universe == load(SHIPPED, [BOLD]).universe

    own = load(SHIPPED, [BOLD, "universe.tiers={ALL: {position_pct: 2}}"])
    assert own.universe.tiers["ALL"].size_pct is None
    assert set(own.universe.tiers) == {"ALL"}


def test_the_cap_on_a_position_holds_for_every_profile() -> None:
    ceiling = max(PROFILES[Profile.DAY_TRADER].values())
    with pytest.raises(ConfigError, match="must be <= 5"):
        load(SHIPPED, ["policy.caps.position_pct=5.1"])

    assert ceiling <= 5
    config = load(SHIPPED, [BOLD])
    assert config.policy.rule(PositionCap).position_pct == 3
    assert any("caps.position_pct (3 %) binds before" in note for note in config.notes)


@pytest.mark.req("CH1")
def test_both_hashes_know_the_profile() -> None:
    one, other = load(SHIPPED), load(SHIPPED, [BOLD])

    assert one.config_hash != other.config_hash
    assert one.policy_hash != other.policy_hash


def test_no_profile_lets_more_be_lost_than_the_caps_do() -> None:
    nlv = Amount(Decimal(10_000))

    assert {radius_of(with_profile(each), nlv).to_zero for each in Profile} == {Decimal(1_800)}


@pytest.mark.parametrize("said", ["bold", "Conservative", "3", "[day_trader]", "{}", "null"])
def test_what_is_no_profile_is_refused_with_what_there_is(said: str) -> None:
    with pytest.raises(ConfigError, match="expected one of conservative") as caught:
        load(SHIPPED, [f"policy.profile={said}"])

    assert len(caught.value.problems) == 1


def test_every_profile_gives_the_same_keys() -> None:
    assert {tuple(PROFILES[each]) for each in Profile} == {tuple(PROFILES[Profile.CONSERVATIVE])}
    assert next(profile_keys()) == ("policy.proposals.min_conviction", "0.4", "0.34", "0.3")
