"""What a run was started with is enough to start the same world again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from app.command_line.cli import cli
from app.command_line.last_start import FILE, keep_start, start_again
from app.command_line.options import COINBASE, Folders, TradeOptions
from config.loading import load
from config.mode import Mode
from domain.model.instants import parse_iso
from tests.builders.runs import ROOT


def options(folder: Path, **changes: Any) -> TradeOptions:
    return TradeOptions(
        mode=Mode.PAPER, config=load(ROOT / "config"), folders=Folders(data=folder), **changes
    )


def again(folder: Path, **changes: Any) -> list[str]:
    (folder / "paper").mkdir(exist_ok=True)
    keep_start(options(folder, **changes))
    return list(start_again(folder / "paper"))


def test_the_market_its_seed_its_begin_the_balances_and_settings_come_again(tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    file.touch()
    told = again(
        tmp_path,
        market=str(file),
        seed=7,
        from_ns=parse_iso("2026-01-05T00:00:00Z"),
        opening={"USD": Decimal("800.50")},
        sets=("app.quote=USD", "policy.loop.jitter_pct=0"),
    )

    assert told == [
        f"--market={file}",
        "--seed=7",
        "--from=2026-01-05T00:00:00Z",
        "--paper-balance=USD=800.5",
        "--set=app.quote=USD",
        "--set=policy.loop.jitter_pct=0",
    ]
    known = {flag for option in cli.params for flag in option.opts}
    assert {word.partition("=")[0] for word in told} <= known


def test_a_venue_elsewhere_is_named_and_nothing_that_belongs_to_it(tmp_path: Path) -> None:
    url = "http://127.0.0.1:8080"

    assert again(tmp_path, venue_url=url, seed=7) == [f"--venue-url={url}"]
    live = again(tmp_path, venue=COINBASE, market="mirror:https://api.coinbase.com?products=X")
    assert live == ["--venue=coinbase"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"market": 7, "seed": null, "set": "x", "paper-balance": [1, null], "cycles": "9"}',
    ],
)
def test_what_can_not_be_read_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)

    assert start_again(tmp_path) == ()
    assert start_again(tmp_path / "none") == ()


@pytest.mark.req("RB5", "M1")
def test_real_money_is_traded_again_where_it_was_and_without_what_is_for_paper(
    tmp_path: Path,
) -> None:
    (tmp_path / "live").mkdir()
    for rest, told in (
        ("https://api.coinbase.com", ["--venue=coinbase"]),
        ("http://127.0.0.1:8080", ["--venue=coinbase", "--venue-url=http://127.0.0.1:8080"]),
    ):
        market = f"mirror:{rest}?products=BTC-USD"
        start = options(tmp_path, venue=COINBASE, market=market, opening={"USD": Decimal(800)})
        keep_start(evolve(start, mode=Mode.LIVE))
        assert list(start_again(tmp_path / "live")) == told
