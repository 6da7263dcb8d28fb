from decimal import Decimal
from pathlib import Path

import pytest

from config.catalogue import Key, keys
from config.errors import ConfigError
from config.loading import load
from config.mode import Mode
from domain.model.instants import HOUR
from domain.risk.rules.order_cap import OrderCap
from domain.risk.rules.position_cap import PositionCap

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "config"
NUMBERS = [key for key in keys() if key.kind in (int, Decimal) and key.path[0] != "strategies"]


def refusals(sets: list[str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(SHIPPED, sets)
    return [str(problem) for problem in caught.value.problems]


def edge(key: Key, side: int) -> Decimal | None:
    """The lower (0) or upper (1) limit that the schema declares for `key`."""
    low, _, high = key.limits.removeprefix(">= ").partition(" .. ")
    text = (low, high)[side]
    return Decimal(text) if text else None


def test_shipped_files_are_sound() -> None:
    config = load(SHIPPED)

    assert config.app.mode is Mode.PAPER
    assert config.policy.exits.max_hold == 24 * HOUR
    assert config.strategies["breakout"].enabled
    assert config.notes == ()


def test_shipped_safety_values_are_the_defaults_of_the_schema() -> None:
    values = {entry.name: entry.value for entry in load(SHIPPED).effective()}

    for key in NUMBERS:
        if key.default is not None and "NAME" not in key.name:  # tiers are what people name
            assert Decimal(str(values[key.name])) == key.default, key.name


def test_every_fixed_value_is_written_out_in_the_shipped_files() -> None:
    unwritten = [e.name for e in load(SHIPPED).effective() if e.source == "default"]

    assert all(name.startswith("strategies.") for name in unwritten)


def test_a_strategy_knows_the_id_it_stands_under() -> None:
    sets = [
        "strategies.second={use: breakout, notional_pct: 1, stop_loss_pct: 3, take_profit_pct: 9}"
    ]
    config = load(SHIPPED, sets)

    assert "second" in config.strategies
    assert all(spec.strategy.id == name for name, spec in config.strategies.items())
    assert not config.strategies["second"].enabled


@pytest.mark.req("C1")
@pytest.mark.parametrize("key", NUMBERS, ids=lambda key: key.name)
@pytest.mark.parametrize("side", [0, 1], ids=["low", "high"])
def test_refuses_one_step_beyond_the_limit(key: Key, side: int) -> None:
    limit = edge(key, side)
    if limit is None:
        pytest.skip("no limit on this side")
    step = Decimal(1) if key.kind is int else Decimal("0.000001")
    beyond = limit + (step if side else -step)

    (problem, *_) = refusals([f"{key.name}={beyond}"])

    word = "<=" if side else ">="
    said, *_ = problem.splitlines()
    assert said == f"--set #1: {key.name}: must be {word} {limit}, was {beyond}"


@pytest.mark.req("C1")
@pytest.mark.parametrize("key", keys(), ids=lambda key: key.name)
def test_refuses_a_value_of_the_wrong_type(key: Key) -> None:
    name = key.name.replace("NAME", key.use or "breakout")
    wrong = "[[1]]" if key.kind is not bool else "maybe"

    problems = refusals([f"{name}={wrong}"])

    assert any(problem.startswith(f"--set #1: {name}") for problem in problems)
    assert any("expected" in problem for problem in problems)


@pytest.mark.req("M1")
@pytest.mark.parametrize("text", ["PAPER", "paper", "Paper"])
def test_modes_are_read_in_any_case(text: str) -> None:
    assert load(SHIPPED, [f"app.mode={text}"]).app.mode is Mode.PAPER


@pytest.mark.req("M1")
def test_mode_may_be_lowered_and_underscores_are_dashes() -> None:
    assert load(SHIPPED, ["app.mode=DRY_RUN"]).app.mode is Mode.DRY_RUN


@pytest.mark.req("M1")
def test_mode_lowered_first_may_not_be_raised_above_the_file() -> None:
    problems = refusals(["app.mode=dry-run", "app.mode=live"])

    assert problems == ["--set #2: app.mode: may only be lowered from paper, was live"]


@pytest.mark.req("M1")
def test_a_file_without_mode_allows_only_dry_run(tmp_path: Path) -> None:
    for file in SHIPPED.glob("*.yaml"):
        text = file.read_text().replace("mode: paper", "# no mode")
        (tmp_path / file.name).write_text(text)

    assert load(tmp_path).app.mode is Mode.DRY_RUN
    with pytest.raises(ConfigError, match="may only be lowered from dry-run, was paper"):
        load(tmp_path, ["app.mode=paper"])


def test_an_override_keeps_the_rest_of_its_section() -> None:
    policy = load(SHIPPED, ["policy.loop.interval_seconds=3"]).policy

    assert (policy.loop.interval_seconds, policy.loop.jitter_pct) == (3, Decimal(10))


def test_an_override_replaces_lists_and_mappings_whole() -> None:
    config = load(SHIPPED, ["universe.never_trade=[XRP]", "app.paper.balances={USDC: 5}"])

    assert config.universe.never_trade == ("XRP",)
    assert dict(config.app.paper.balances) == {"USDC": Decimal(5)}


def test_an_override_is_split_at_its_first_equals_sign() -> None:
    problems = refusals(["app.log.level=a=b"])

    assert problems[0].startswith("--set #1: app.log.level: expected one of")
    assert "was 'a=b'" in problems[0]


def test_the_last_override_of_a_key_counts_and_is_named_as_its_source() -> None:
    config = load(SHIPPED, ["policy.max_order_usd=10", "policy.max_order_usd=20"])

    entry = next(e for e in config.effective() if e.name == "policy.max_order_usd")
    assert (entry.value, entry.source) == ("20", "--set #2")


def test_numbers_stay_exact() -> None:
    config = load(SHIPPED, ["policy.caps.position_pct=2.10", "policy.max_order_usd='12.345'"])

    assert str(config.policy.rule(PositionCap).position_pct) == "2.10"
    assert config.policy.rule(OrderCap).max_order_usd == Decimal("12.345")


@pytest.mark.req("C2")
def test_a_balance_below_the_smallest_entry_is_noted_with_what_is_needed() -> None:
    (note,) = (
        each
        for each in load(SHIPPED, ["app.paper.balances={USD: 50}"]).notes
        if each.startswith("app.paper.balances")
    )

    assert "50.00 USD is too little" in note
    assert "needed: 71.14 USD" in note


def test_notes_say_what_cannot_trade_or_never_binds() -> None:
    sets = [
        "strategies.breakout.enabled=false",
        "app.quote=USDC",
        "policy.caps.total_pct=5",
        "policy.max_per_asset_pct={DOGE: 3, SHIB: 3}",
    ]
    notes = load(SHIPPED, sets).notes

    assert "no strategy is enabled: nothing will be bought" in notes
    assert "app.paper.balances holds no USDC: a new paper world can buy nothing" in notes
    assert "theme LAYER1: caps.total_pct (5 %) binds before 10 %" in notes
    assert "theme MEME: its cap (5 %) binds before its members' sum" in notes


def test_a_config_folder_that_is_a_file_is_four_problems(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")

    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config")

    assert len(caught.value.problems) == 4


@pytest.mark.req("SEC1")
def test_a_url_in_the_place_of_its_file_is_refused_and_not_shown() -> None:
    (refusal,) = refusals(["app.alerts.urls_file=https://x.example/T0KEN"])

    assert "expected the absolute path of a file" in refusal
    assert "T0KEN" not in refusal


@pytest.mark.parametrize("text", ["25:00", "8:00", "morning"])
def test_a_time_of_day_that_is_none_is_refused(text: str) -> None:
    (refusal,) = refusals([f"app.alerts.sign_of_life={text}"])

    assert "expected HH:MM in UTC" in refusal
