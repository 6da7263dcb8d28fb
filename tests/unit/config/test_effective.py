import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from config.effective import code_hash
from config.loading import load
from config.nodes import read_yaml

SHIPPED = Path(__file__).parents[3] / "config"
FILES = ("app", "policy", "universe", "strategies")
DEFAULTED = (  # keys whose shipped value is the schema's own default
    "app.quote",
    "app.account",
    "app.log.level",
    "policy.loop.interval_seconds",
    "policy.loop",
    "policy.max_per_asset_pct",
    "policy.execution.ttl_seconds",
    "policy.execution",
    "policy.exits",
)


def plain_tree(file: str) -> dict[str, object]:
    text = (SHIPPED / f"{file}.yaml").read_text()
    value = YAML(typ="safe", pure=True).load(text)
    assert isinstance(value, dict)
    return value


def shuffled(value: object, draw: st.DataObject) -> object:
    if not isinstance(value, dict):
        return value
    order = draw.draw(st.permutations(sorted(value)))
    return {name: shuffled(value[name], draw) for name in order}


def flow(value: object) -> str:
    """`value` as YAML on one line, as nobody would write it by hand."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}": {flow(part)}' for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def without(tree: dict[str, object], path: str) -> None:
    *parents, last = path.split(".")[1:]
    here: object = tree
    for name in parents:
        if not isinstance(here, dict) or name not in here:
            return
        here = here[name]
    assert isinstance(here, dict)
    here.pop(last, None)


@pytest.mark.req("CH1")
@settings(max_examples=30, deadline=None)
@given(draw=st.data(), dropped=st.sets(st.sampled_from(DEFAULTED)))
def test_hashes_do_not_depend_on_order_form_place_or_written_defaults(
    draw: st.DataObject, dropped: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("config")
    for file in FILES:
        tree = plain_tree(file)
        for path in sorted(dropped):
            if path.startswith(f"{file}."):
                without(tree, path)
        text = f"# somewhere else\n{flow(shuffled(tree, draw))}  # other words\n"
        (folder / f"{file}.yaml").write_text(text)

    one, other = load(SHIPPED), load(folder)

    assert (one.config_hash, one.policy_hash) == (other.config_hash, other.policy_hash)


@pytest.mark.req("CH1")
@pytest.mark.parametrize(
    ("override", "is_policy"),
    [
        ("policy.caps.total_pct=14", True),
        ("policy.exits.max_hold=23h", True),
        ("universe.never_trade=[XRP]", True),
        ("universe.themes.LAYER2=[ARB, OP]", True),
        ("strategies.breakout.enabled=false", True),
        ("strategies.breakout.volume_ratio=1.6", True),
        ("app.mode=dry-run", False),
        ("app.quote=USDC", False),
        ("app.log.level=DEBUG", False),
        ("app.paper.balances={USD: 500}", False),
    ],
)
def test_hashes_depend_on_every_value_and_policy_not_on_the_mode(
    override: str, is_policy: bool
) -> None:
    before, after = load(SHIPPED), load(SHIPPED, [override])

    assert before.config_hash != after.config_hash
    assert (before.policy_hash != after.policy_hash) == is_policy


@pytest.mark.req("CH1")
@pytest.mark.parametrize("text", ["60", "60.0", "60.000"])
def test_equal_numbers_hash_alike(text: str) -> None:
    config = load(SHIPPED, [f"policy.loop.interval_seconds={text}"])

    assert config.config_hash == load(SHIPPED).config_hash


def test_hashes_are_sixteen_hex_digits() -> None:
    config = load(SHIPPED)

    for text in (config.config_hash, config.policy_hash):
        assert len(text) == 16
        assert set(text) <= set("0123456789abcdef")


@pytest.mark.req("CH1")
def test_code_hash_follows_every_shipped_source_and_nothing_else(tmp_path: Path) -> None:
    for home in ("one", "two"):
        shutil.copytree(SHIPPED.parent / "config", tmp_path / home / "config")
        (tmp_path / home / "run.py").write_text("pass\n")
    one, two = tmp_path / "one", tmp_path / "two"
    (two / "config" / "policy.yaml").write_text("changed")
    (two / "tests").mkdir()
    (two / "tests" / "test_x.py").write_text("changed")
    assert code_hash(one) == code_hash(two)

    (tmp_path / "three").mkdir()
    shutil.copytree(one, tmp_path / "three", dirs_exist_ok=True)
    with (tmp_path / "three" / "config" / "mode.py").open("a") as stream:
        stream.write("\n")
    assert code_hash(tmp_path / "three") != code_hash(one)


def test_sources_name_file_line_option_or_default() -> None:
    config = load(SHIPPED, ["policy.max_order_usd=999"])
    sources = {entry.name: entry.source for entry in config.effective()}

    assert sources["policy.max_order_usd"] == "--set #1"
    assert sources["strategies.breakout.volume_ratio"] == "default"
    file, _, line = sources["policy.caps.total_pct"].rpartition(":")
    assert "total_pct: 15" in Path(file).read_text().splitlines()[int(line) - 1]


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    tree = read_yaml(text, name="x.yaml", path=("app",))

    assert tree.places


@pytest.mark.req("CH1")
def test_where_metrics_are_served_changes_no_hash() -> None:
    shipped, served = load(SHIPPED), load(SHIPPED, ("app.metrics.port=9464",))

    assert served.app.metrics.port == 9464
    assert (served.config_hash, served.policy_hash) == (shipped.config_hash, shipped.policy_hash)
