"""Bad configurations and the exact words that the operator gets for them.

BULKHEAD_WRITE_GOLDEN=1 rewrites the golden file; read the difference before committing it.
"""

import os
import shutil
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.loading import load

GOLDEN = Path(__file__).parents[2] / "golden" / "config"
FILES = ("app", "policy", "universe", "strategies")

Edit = tuple[str, str, str]
"""File, text to replace ("" = whole file), replacement."""
DELETE = "\0delete"

CASES: dict[str, tuple[list[Edit], list[str]]] = {
    # each file x {unknown key, wrong type, missing file, duplicate key}
    "app unknown key": ([("app", "quote: USD", "qoute: USD")], []),
    "app wrong type": ([("app", "quote: USD", "quote: [USD]")], []),
    "app missing file": ([("app", "", DELETE)], []),
    "app duplicate key": ([("app", "quote: USD", "quote: USD\nquote: USDC")], []),
    "policy unknown key": ([("policy", "  total_pct", "  totl_pct")], []),
    "policy wrong type": ([("policy", "total_pct: 15", "total_pct: much")], []),
    "policy missing file": ([("policy", "", DELETE)], []),
    "policy duplicate key": ([("policy", "max_order_usd", "caps: {}\nmax_order_usd")], []),
    "universe unknown key": ([("universe", "never_trade", "never_trades")], []),
    "universe wrong type": ([("universe", "[BTC, ETH]", "BTC")], []),
    "universe missing file": ([("universe", "", DELETE)], []),
    "universe duplicate key": ([("universe", "  MEME", "  LAYER1: []\n  MEME")], []),
    "strategies unknown key": ([("strategies", "enabled", "enable")], []),
    "strategies wrong type": ([("strategies", "enabled: true", "enabled: yes")], []),
    "strategies missing file": ([("strategies", "", DELETE)], []),
    "strategies duplicate key": ([("strategies", "  enabled", "  use: x\n  enabled")], []),
    # what YAML can do and a config may not
    "python tag": ([("app", "USD: 10000", "USD: !!python/object/apply:os.abort []")], []),
    "local tag": ([("policy", "caps:", "caps: !merge")], []),
    "anchor": ([("policy", "total_pct: 15", "total_pct: &cap 15")], []),
    "alias": ([("universe", "[USDT, USDC]", "*list")], []),
    "merge key": ([("policy", "caps:\n", "caps:\n  <<: {total_pct: 15}\n")], []),
    "directive": ([("app", "", "%YAML 1.1\n---\nmode: paper\n")], []),
    "second document": ([("app", "", "mode: paper\n---\nmode: live\n")], []),
    "deep nesting": ([("app", "", "mode: " + "[" * 3000)], []),
    "alias bomb": (
        [("app", "", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nmode: [*c, *c]\n")],
        [],
    ),
    "larger than a config can be": ([("app", "", "# " + "x" * 262_200 + "\nmode: paper\n")], []),
    "not YAML: open bracket": ([("universe", "[BTC, ETH]", "[BTC, ETH")], []),
    "not YAML: tab": ([("policy", "  total_pct: 15", "\ttotal_pct: 15")], []),
    "not YAML: open quote": ([("app", "quote: USD", 'quote: "USD')], []),
    "control character": ([("app", "quote: USD", "quote: U\x07SD")], []),
    "not UTF-8": ([("app", "quote: USD", "quote: \udcff")], []),
    "list for a file": ([("app", "", "- mode: paper\n")], []),
    "text for a file": ([("strategies", "", "breakout\n")], []),
    "empty file": ([("universe", "", "")], []),
    "key that is a list": ([("app", "quote: USD", "? [quote]\n: USD")], []),
    "key material": ([("app", "quote: USD", "quote: '-----BEGIN EC PRIVATE KEY-----'")], []),
    # numbers
    "not a number": ([("policy", "total_pct: 15", "total_pct: .nan")], []),
    "infinite": ([("policy", "max_order_usd: 1000", "max_order_usd: .inf")], []),
    "quoted infinite": ([("policy", "max_order_usd: 1000", "max_order_usd: 'Infinity'")], []),
    "leading zero": ([("policy", "total_pct: 15", "total_pct: 015")], []),
    "underscore": ([("policy", "max_order_usd: 1000", "max_order_usd: 1_000")], []),
    "hexadecimal": ([("policy", "interval_seconds: 60", "interval_seconds: 0x3C")], []),
    "exponent": ([("policy", "max_order_usd: 1000", "max_order_usd: 1e999999999")], []),
    "forty-one digits": ([("policy", "max_order_usd: 1000", "max_order_usd: " + "9" * 41)], []),
    "true for a number": ([("policy", "total_pct: 15", "total_pct: true")], []),
    "nothing for a number": ([("policy", "total_pct: 15", "total_pct:")], []),
    "fraction for a whole number": ([("policy", "ttl_seconds: 45", "ttl_seconds: 45.5")], []),
    "number for a name": ([("universe", "[BTC, ETH]", "[BTC, 7]")], []),
    "digits that are no number": ([("universe", "[BTC, ETH]", "[BTC, 00]")], []),
    "true for a name": ([("universe", "[USDT, USDC]", "[true]")], []),
    # hard limits
    "cap above its ceiling": ([("policy", "total_pct: 15", "total_pct: 25")], []),
    "cap below zero": ([("policy", "position_pct: 3", "position_pct: -1")], []),
    "jitter above its ceiling": ([("policy", "jitter_pct: 10.0", "jitter_pct: 10.01")], []),
    "interval of nothing": ([("policy", "interval_seconds: 60", "interval_seconds: 0")], []),
    "daily stop above its ceiling": ([("policy", "daily_pct: 3", "daily_pct: 3.5")], []),
    "stale quotes": ([("policy", "quote_seconds: 5", "quote_seconds: 300")], []),
    "reward below its floor": ([("policy", "min_reward_ratio: 3", "min_reward_ratio: 1")], []),
    "theme cap above its ceiling": ([("policy", "LAYER1: 10", "LAYER1: 11")], []),
    "asset cap above its ceiling": ([("policy", "DOGE: 4", "DOGE: 6")], []),
    "negative balance": ([("app", "USD: 10000", "USD: -1")], []),
    "allotment below zero": ([("policy", "allotment: null", "allotment: -5")], []),
    # texts, choices, durations, names
    "unknown mode": ([("app", "mode: paper", "mode: papr")], []),
    "number for a mode": ([("app", "mode: paper", "mode: 1")], []),
    "unknown quote currency": ([("app", "quote: USD", "quote: EUR")], []),
    "unknown level": ([("app", "level: INFO", "level: loud")], []),
    "duration without unit": ([("policy", "max_hold: 24h", "max_hold: 24")], []),
    "duration in words": ([("policy", "max_hold: 24h", "max_hold: one day")], []),
    "duration too long": ([("policy", "max_hold: 24h", "max_hold: 90d")], []),
    "theme in lower case": ([("policy", "MEME: 5", "meme: 5")], []),
    "asset that is a product": ([("universe", "[BTC, ETH]", "[BTC-USD, ETH]")], []),
    "asset listed twice": ([("universe", "[BTC, ETH]", "[BTC, BTC]")], []),
    "portfolio that is no UUID": (
        [("app", "log:", "account:\n  portfolio_uuid: main\nlog:")],
        [],
    ),
    "unknown strategy": ([("strategies", "use: breakout", "use: brakeout")], []),
    "strategy without use": ([("strategies", "  use: breakout\n", "")], []),
    "strategy without size": ([("strategies", "  notional_pct: 2\n", "")], []),
    "strategy id with a space": ([("strategies", "breakout:\n", "my breakout:\n")], []),
    "strategy that is a text": ([("strategies", "", "breakout: breakout\n")], []),
    # missing, misplaced, look-alike
    "mandatory key missing": ([("policy", "  daily_pct: 3\n", "")], []),
    "mandatory section missing": (
        [("policy", "staleness:\n  quote_seconds: 5\n  bar_seconds: 90\n", "")],
        [],
    ),
    "section that is empty": ([("policy", "cost:\n  min_reward_ratio: 3\n", "cost:\n")], []),
    "key in the wrong section": ([("policy", "capital:\n", "total_pct: 15\ncapital:\n")], []),
    "key in the wrong file": ([("app", "quote: USD", "quote: USD\nmax_order_usd: 5")], []),
    "Cyrillic letter": ([("policy", "  total_pct", "  t\u043etal_pct")], []),
    "file with another ending": ([("policy", "", DELETE), ("policy.yml", "", "caps: {}\n")], []),
    # optional rules
    "rule that is not there": ([("policy", "capital:\n", "rules: {bad_luck: {}}\ncapital:\n")], []),
    "rules that are a list": ([("policy", "capital:\n", "rules: [bad_luck]\ncapital:\n")], []),
    "rule that always runs": ([("policy", "capital:\n", "rules: {total_cap: {}}\ncapital:\n")], []),
    # between keys
    "position above asset": (
        [
            ("policy", "position_pct: 3", "position_pct: 5"),
            ("policy", "asset_pct: 5", "asset_pct: 4"),
        ],
        [],
    ),
    "asset above total": ([("policy", "total_pct: 15", "total_pct: 4")], []),
    "daily stop above weekly": ([("policy", "weekly_pct: 7", "weekly_pct: 2")], []),
    "weekly stop above drawdown": ([("policy", "drawdown_pct: 10", "drawdown_pct: 5")], []),
    "stops of proposals cross": ([("policy", "min_stop_pct: 0.5", "min_stop_pct: 16")], []),
    "targets of proposals cross": ([("policy", "max_target_pct: 40", "max_target_pct: 0.5")], []),
    "entry outlives its hold": (
        [
            ("policy", "max_hold: 24h", "max_hold: 1m"),
            ("policy", "ttl_seconds: 45", "ttl_seconds: 61"),
        ],
        [],
    ),
    "single cap above the asset cap": ([("policy", "asset_pct: 5", "asset_pct: 3.5")], []),
    "member cap above its theme": ([("policy", "MEME: 5", "MEME: 3")], []),
    "cap of a theme that is not there": ([("policy", "MEME: 5", "MEME: 5\n  DEFI: 8")], []),
    "theme without a cap": ([("universe", "themes:", "themes:\n  DEFI: [UNI]")], []),
    "theme of what is never traded": ([("universe", "[BTC, ETH]", "[BTC, USDC]")], []),
    "cap of what is never traded": ([("policy", "DOGE: 4", "USDT: 4")], []),
    "target not above stop": ([("strategies", "take_profit_pct: 8", "take_profit_pct: 4")], []),
    "size above the position cap": ([("strategies", "notional_pct: 2", "notional_pct: 4")], []),
    "stop farther than proposals may": (
        [
            ("strategies", "stop_loss_pct: 4", "stop_loss_pct: 20"),
            ("strategies", "take_profit_pct: 8", "take_profit_pct: 30"),
        ],
        [],
    ),
    "tier that is no name": ([], ["universe.tiers={t1: {}}"]),
    "no tier at all": ([], ["universe.tiers={}"]),
    "tier that lacks limits": ([], ["universe.tiers={T1: {min_volume: 1, max_spred_bps: 5}}"]),
    "tier beyond its limits": ([], ["universe.tiers.T1.max_spread_bps=201"]),
    "tier stricter than the one before": (
        [],
        ["universe.tiers={T1: {min_depth: 1}, T2: {min_volume: 1}}"],
    ),
    "tier wider than the one after": (
        [],
        ["universe.tiers={T1: {max_spread_bps: 36}, T2: {min_volume: 1}}"],
    ),
    "position above its tier": ([], ["universe.tiers.T3={position_pct: 2, tier_pct: 1}"]),
    "bear below crash": ([], ["universe.regime.bear_trend_pct=-11"]),
    "crash that never comes": ([], ["universe.regime.crash_volatility_pct=201"]),
    "product that leaves too late": ([], ["universe.stability.leave_after=61m"]),
    # the contradiction that the first version of this system shipped with
    "asset cap of 7 in a theme cap of 5": ([("policy", "DOGE: 4", "DOGE: 7")], []),
    "cap on every asset of 7 in theme caps of 5": (
        [("policy", "asset_pct: 5", "asset_pct: 7")],
        [],
    ),
    # profiles
    "unknown profile": ([], ["policy.profile=day_trder"]),
    "profile that is a list": ([], ["policy.profile=[day_trader]"]),
    "size of a tier above the hard limit": ([], ["universe.tiers.T1={size_pct: 5.5}"]),
    "position of a tier below zero": ([], ["universe.tiers.T1={position_pct: -1}"]),
    # more that a file can be
    "only comments": ([("policy", "", "# later\n")], []),
    "nothing but null": ([("app", "", "null\n")], []),
    "a number for a file": ([("universe", "", "7\n")], []),
    "byte order mark in the middle": ([("app", "quote: USD", "quote: \ufeffUSD")], []),
    "zero byte": ([("app", "quote: USD", "quote: U\0SD")], []),
    "number for a key": ([("app", "quote: USD", "quote: USD\n7: USD")], []),
    "true for a key": ([("policy", "max_order_usd", "true: 1\nmax_order_usd")], []),
    "negative interval": ([("policy", "interval_seconds: 60", "interval_seconds: -60")], []),
    "huge whole number": ([("policy", "ttl_seconds: 45", "ttl_seconds: 99999999999999999999")], []),
    "minus infinity": ([("policy", "max_order_usd: 1000", "max_order_usd: -.inf")], []),
    "quoted not a number": ([("policy", "max_order_usd: 1000", "max_order_usd: 'NaN'")], []),
    "mapping for a number": ([("policy", "max_order_usd: 1000", "max_order_usd: {usd: 1}")], []),
    "list for a mapping": (
        [("policy", "max_per_asset_pct:\n  DOGE: 4", "max_per_asset_pct: [DOGE]")],
        [],
    ),
    "mapping for a list": ([("universe", "[USDT, USDC]", "{USDT: USDC}")], []),
    "strategies that are a list": ([("strategies", "", "- breakout\n")], []),
    "two themes of the same name": (
        [("universe", "themes:", "themes:\n  MEME: [PEPE]")],
        [],
    ),
    # the command line
    "set: nothing": ([], [""]),
    "set: no name": ([], ["=1"]),
    "set: empty step": ([], ["policy..total_pct=1"]),
    "set: number for a section": ([], ["policy.caps=5"]),
    "set: index of a list": ([], ["universe.never_trade.0=BTC"]),
    "set: anchor": ([], ["policy.max_order_usd=&x 5"]),
    "set: open bracket": ([], ["universe.never_trade=[BTC"]),
    "set: second document": ([], ["policy.max_order_usd=5\n---\n6"]),
    "set: key material": ([], ["app.quote=-----BEGIN EC PRIVATE KEY-----"]),
    "set: not a number": ([], ["policy.max_order_usd=.nan"]),
    "set: the second of two is wrong": ([], ["policy.max_order_usd=5", "policy.max_order_usd=x"]),
    "set: no key": ([], ["policy=1"]),
    "set: no value": ([], ["policy.loop.interval_seconds"]),
    "set: no such file": ([], ["polcy.loop.interval_seconds=1"]),
    "set: unknown key": ([], ["policy.loop.interval=1"]),
    "set: wrong type": ([], ["app.mode=paper", "policy.caps.total_pct=[1]"]),
    "set: above its ceiling": ([], ["policy.caps.total_pct=15.5"]),
    "set: below a value": ([], ["policy.max_order_usd.x=1"]),
    "set: mode raised": ([], ["app.mode=live"]),
    "set: tag": ([], ["app.quote=!!str USD"]),
    "set: strategy that is not there": ([], ["strategies.brekout.enabled=true"]),
    "set: breaks a rule between keys": ([], ["policy.caps.asset_pct=2"]),
    # many at once
    "one problem in each file": (
        [
            ("app", "quote: USD", "qoute: USD"),
            ("policy", "total_pct: 15", "total_pct: 16"),
            ("policy", "max_hold: 24h", "max_hold: 0s"),
            ("universe", "[BTC, ETH]", "[BTC, eth]"),
            ("strategies", "enabled: true", "enabled: 1"),
        ],
        ["policy.loop.jitter_pct=11"],
    ),
}


def write_config(folder: Path, edits: list[Edit]) -> None:
    shutil.copytree(GOLDEN / "base", folder)
    for name, old, new in edits:
        file = folder / (name if "." in name else f"{name}.yaml")
        if new == DELETE:
            file.unlink()
        elif old == "":
            file.write_text(new, encoding="utf-8")
        else:
            text = file.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{old!r} must stand once in {name}.yaml"
            file.write_bytes(text.replace(old, new).encode("utf-8", "surrogateescape"))


def problems_of(tmp_path: Path, case: str) -> str:
    edits, sets = CASES[case]
    write_config(tmp_path / "config", edits)
    with pytest.raises(ConfigError) as caught:
        load("config", sets)
    return str(caught.value)


def golden_texts() -> dict[str, str]:
    texts: dict[str, str] = {}
    name = ""
    for line in (GOLDEN / "problems.txt").read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("== "):
            name = line[3:]
            texts[name] = ""
        else:
            texts[name] += line + "\n"
    return {name: text.strip() for name, text in texts.items()}


@pytest.mark.req("C1")
@pytest.mark.parametrize("case", CASES)
def test_says_what_is_wrong_and_where(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert problems_of(tmp_path, case) == golden_texts()[case]


def test_golden_texts_are_those_of_the_cases() -> None:
    assert list(golden_texts()) == list(CASES)


@pytest.mark.skipif("BULKHEAD_WRITE_GOLDEN" not in os.environ, reason="rewrites golden texts")
def test_write_golden_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["Made by BULKHEAD_WRITE_GOLDEN=1 pytest tests/unit/config/test_problems.py"]
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        lines += [f"== {case}", problems_of(folder, case)]
    (GOLDEN / "problems.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.req("C1")
@pytest.mark.parametrize("file", FILES)
def test_problems_come_file_by_file_and_line_by_line(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path / "config", [(file, "", "zz: 1\naa: 1\n")])

    with pytest.raises(ConfigError) as caught:
        load("config", ["app.x=1", "policy.y=1"])

    ranks = [
        (FILES.index(Path(p.place.source).stem), p.place.line)
        for p in caught.value.problems
        if p.place.line is not None
    ]
    assert ranks == sorted(ranks)
