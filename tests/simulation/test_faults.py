"""The trader under every fault of the venue: what the venue's own books say is what it believes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.simulator.faults.catalogue import KINDS
from adapters.venues.coinbase import wire
from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.messages.portfolio import CashFlowSeen, LotsMissing
from domain.model.instants import MINUTE, SECOND, Nanos
from tests.builders.books import assert_we_agree_with_the_venue, state_of
from tests.builders.full import some
from tests.builders.price_paths import USUAL_LINES, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.witness import Witness
from tests.builders.world import Setting, World, journal_bytes

Lines = tuple[dict[str, Any], ...]
RUN_NS = Nanos(420 * SECOND)
LONGEST_HELD_NS = (180 + 20) * SECOND
"""The longest hold of these worlds, and a while for the sale."""
READY_S = 10
"""A venue that answers nothing during the start ends it with exit code 1, which is right."""
MIXES = some(range(1, 201), 6)
WHILE = {"at": "120s", "for_": "80s"}
"""From the first entry until after the first exits."""
ALWAYS = {"for_": "1000s"}
HALF = {**WHILE, "probability": "0.5"}
SOME = {**WHILE, "probability": "0.05"}
BTC = {"product": "BTC-USD"}

CASES: Mapping[str, Lines] = {
    "latency": (fault("latency", **WHILE, p50="200ms", p99="3s"),),
    "slow": (fault("slow", **HALF, delay="4s"),),
    "drip": (fault("drip", **HALF, delay="4s"),),
    "lost_response": (fault("lost_response", **HALF),),
    "lost_response and nothing told": (
        fault("lost_response", **WHILE, endpoint="place", count=3),
        fault("freeze_stream", at="115s", for_="60s", stream="user"),
    ),
    "lost_response and nothing shown": (
        fault("reset_after", **WHILE, endpoint="place", count=3),
        fault("freeze_stream", at="115s", for_="60s", stream="user"),
        fault("hidden_order", at="115s", for_="60s", by="8s"),
    ),
    "unanswered": (fault("unanswered", **HALF),),
    "reset_before": (fault("reset_before", **HALF),),
    "reset_after": (fault("reset_after", **HALF),),
    "http_401": (fault("http_401", **HALF), fault("http_401", **HALF, handled=True)),
    "http_429": (fault("http_429", **HALF),),
    "http_500": (fault("http_500", **HALF), fault("http_500", **HALF, handled=True)),
    "http_502_html": (fault("http_502_html", **HALF), fault("http_502_html", at="205s")),
    "http_503_html": (fault("http_503_html", **HALF, handled=True),),
    "http_503_text": (fault("http_503_text", **HALF), fault("http_503_text", **HALF, handled=True)),
    "truncated_json": (fault("truncated_json", **HALF),),
    "garbage_json": (fault("garbage_json", **HALF),),
    "duplicate_request": (fault("duplicate_request", **ALWAYS),),
    "duplicate_response": (fault("duplicate_response", **ALWAYS),),
    "freeze_stream": (fault("freeze_stream", at="125s", for_="30s"),),
    "freeze_stream of the user": (fault("freeze_stream", at="120s", for_="30s", stream="user"),),
    "silent_stream": (fault("silent_stream", at="125s", for_="30s"),),
    "seq_gap": (fault("seq_gap", **SOME),),
    "drop_frame": (fault("drop_frame", **SOME),),
    "duplicate_frame": (fault("duplicate_frame", **SOME),),
    "late_frame": (fault("late_frame", **SOME),),
    "garbage_frame": (fault("garbage_frame", **SOME),),
    "oversize_frame": (fault("oversize_frame", at="125s", count=3),),
    "unknown_channel": (fault("unknown_channel", **SOME),),
    "disconnect": tuple(fault("disconnect", at=at) for at in ("122.5s", "129s", "150s")),
    "disconnect_storm": (fault("disconnect_storm", at="129s", for_="40s"),),
    "refuse_stream": (fault("disconnect", at="129s"), fault("refuse_stream", **WHILE)),
    "stream_auth_error": (
        fault("disconnect", at="129s"),
        fault("stream_auth_error", at="129s", for_="20s"),
    ),
    "user_replay": tuple(fault("user_replay", at=at) for at in ("129s", "150s", "190s")),
    "late_fill": (fault("late_fill", **ALWAYS, by="5s"),),
    "hidden_fill": (fault("hidden_fill", **ALWAYS, by="5s"),),
    "hidden_order": (fault("hidden_order", **ALWAYS, by="5s"),),
    "delay_cancel": (fault("delay_cancel", **ALWAYS, by="5s"),),
    "lose_cancel": (fault("lose_cancel", **ALWAYS),),
    "cancel_rejected_filled": (fault("cancel_rejected_filled", **ALWAYS),),
    "fill_after_cancel": (fault("fill_after_cancel", **ALWAYS),),
    "fill_after_cancel in part": (fault("fill_after_cancel", **ALWAYS, by="7s", share="0.5"),),
    "partial_fills": (fault("partial_fills", **ALWAYS),),
    "reject_order": (fault("reject_order", **HALF),),
    "cancelled_by_venue": (fault("cancelled_by_venue", **WHILE, by="1s"),),
    "price_jump": (fault("price_jump", at="150s", for_="20s", percent=-5),),
    "depeg": (fault("depeg", at="150s", for_="20s", price="0.87"),),
    "gap": (fault("gap", at="150s", for_="20s", percent=-10),),
    "freeze_product": (fault("freeze_product", at="150s", for_="60s", **BTC),),
    "wide_spread": (fault("wide_spread", at="129s", for_="60s", percent=3),),
    "empty_book": (fault("empty_book", at="150s", for_="60s", side="bid"),),
    "thin_book": (fault("thin_book", **ALWAYS, share="0.02"),),
    "fee_tier": (fault("fee_tier", **WHILE, maker="0.01", taker="0.02"),),
    "product_flag": (fault("product_flag", **WHILE, **BTC, flag="cancel_only"),),
    "delisting": (fault("delisting", at="150s", **BTC),),
    "clock_skew": (fault("clock_skew", **WHILE, by="2s"),),
    "maintenance": (fault("maintenance", at="125s", for_="40s"),),
    "stale_answer": (fault("stale_answer", **WHILE, endpoint=["orders", "fills"]),),
    "odd_content of orders": (
        fault("odd_content", **HALF, endpoint="orders", member="orders.*.side", value=""),
    ),
    "odd_content of fills": (
        fault("odd_content", **HALF, endpoint="fills", member="fills.*.trade_type", value="NEW"),
    ),
    "odd_content of frames": (
        fault("odd_content", **SOME, channel="user", member="orders.*.status"),
        fault("odd_content", **SOME, channel="l2_data", member="updates.*.price_level", value="0"),
        fault("odd_content", **SOME, channel="market_trades", member="trades.*.size", value="-1"),
    ),
}
LISTED: Mapping[tuple[str, str, str], type[msgspec.Struct]] = {
    ("endpoint", "orders", "orders.*"): wire.OrderForm,
    ("endpoint", "fills", "fills.*"): wire.FillForm,
    ("endpoint", "accounts", "accounts.*"): wire.AccountForm,
    ("endpoint", "candles", "candles.*"): wire.CandleForm,
    ("endpoint", "quotes", "pricebooks.*"): wire.PriceBook,
    ("endpoint", "cancel", "results.*"): wire.CancelForm,
    ("channel", "l2_data", "updates.*"): wire.BookUpdate,
    ("channel", "market_trades", "trades.*"): wire.PublicTrade,
    ("channel", "user", "orders.*"): wire.UserOrder,
}
"""Where entries stand, and their forms."""
ODD_VALUES: tuple[dict[str, Any], ...] = ({}, {"value": None}, {"value": []}, {"value": {}})
"""Nothing, and what no member is; without a value the member is absent."""
ODD_CONTENT: tuple[dict[str, Any], ...] = tuple(
    fault("odd_content", **{where: name}, member=f"{path}.{member.name}", **value)
    for (where, name, path), form in LISTED.items()
    for member in msgspec.structs.fields(form)
    if member.required
    for value in ODD_VALUES
    if not (value == {"value": []} and member.name in ("bids", "asks"))  # a side may be empty
)
FOREIGN: Mapping[str, Lines] = {
    "balance_change": (fault("balance_change", at="150s", currency="USD", amount="100"),),
    "balance_change of goods": (fault("balance_change", at="150s", currency="BTC", amount="-0.5"),),
    "foreign_order": (fault("foreign_order", at="150s", **BTC, side="BUY", quantity="0.1"),),
}
"""What is not ours: somebody else has moved money or goods."""
STRANGE_FROM_S = 150


def unstarted(folder: Path, lines: Lines, *, exits_alone: bool = False) -> World:
    market, alone = script(USUAL_LINES), exits_alone
    setting = Setting(
        folder=folder, market=market, duration_ns=RUN_NS, faults=lines, exits_alone=alone
    )
    return World(setting)


def world_of(folder: Path, lines: Lines, *, exits_alone: bool = False) -> World:
    return unstarted(folder, lines, exits_alone=exits_alone).start()


def assert_it_ends_well(world: World) -> None:
    """Run to the end: an orderly one, equal books, a whole journal, nothing at risk left open."""
    code = world.run_to_end()

    assert code == 0, (world.said, world.criticals, world.alerts())
    assert_we_agree_with_the_venue(world)
    verified = check(world.mode_folder / JOURNAL)
    assert verified.problems == ()


def members_struck_with(line: Mapping[str, Any], lines: Lines) -> set[str]:
    """Return the members that may be odd where this one is: an entry is told for one of them."""
    place = [line.get(where) for where in ("endpoint", "channel")]
    return {
        each["member"].rpartition(".")[2]
        for each in lines
        if [each.get(where) for where in ("endpoint", "channel")] == place
    }


def assert_nothing_is_held_for_too_long(world: World) -> None:
    ledger = state_of(world).ledger
    assert ledger is not None
    now_ns = world.clock.market_ns()
    assert [lot for lot in ledger.lots if now_ns - lot.opened_ns > LONGEST_HELD_NS] == []


def test_every_kind_is_tried() -> None:
    tried = {line["kind"] for lines in (*CASES.values(), *FOREIGN.values()) for line in lines}
    assert tried == set(KINDS)


@pytest.mark.slow
@pytest.mark.req("X1", "X2", "X4", "X5", "REC1", "CB1", "O1")
@pytest.mark.parametrize("case", CASES)
def test_under_a_fault_the_books_stay_the_venues_to_the_last_digit(
    case: str, tmp_path: Path
) -> None:
    # A venue that carries out no cancel at all keeps what it holds: no exit can sell it then.
    with unstarted(tmp_path, CASES[case], exits_alone=case == "lose_cancel") as world:
        witness = Witness(world)
        assert_it_ends_well(world.start())
        assert witness.told, "the feed told no price at all"
        assert witness.wrong == [], "prices that the venue's own book never had"
        told = [each for _, each in world.messages()]
        strangers = [each for each in told if isinstance(each, CashFlowSeen | LotsMissing)]
        assert strangers == [], "what orders of ours did was taken for somebody else's"
        assert any(each["struck"] for each in world.faults.documents())


@pytest.mark.slow
@pytest.mark.req("REC1")
@pytest.mark.parametrize("case", FOREIGN)
def test_what_our_fills_do_not_explain_is_a_flow_within_a_minute_and_touches_no_order(
    case: str, tmp_path: Path
) -> None:
    # Goods that an order of ours holds at the venue nobody can take: here none does.
    with world_of(tmp_path, FOREIGN[case], exits_alone=True) as world:
        assert world.run_to_end() == 0
        flows = [at for at, each in world.messages() if isinstance(each, CashFlowSeen)]
        assert flows
        assert all(0 < at - START - STRANGE_FROM_S * SECOND <= MINUTE for at in flows)
        assert "reconcile" not in {each.name for each in world.runtime.board.open}
        foreign = [
            order
            for order in world.books()["orders"]
            if order["client_order_id"].startswith("foreign")
        ]
        assert all(order["status"] == "FILLED" for order in foreign)
        assert check(world.mode_folder / JOURNAL).problems == ()


@pytest.mark.slow
@pytest.mark.req("X1", "X2", "X4")
@pytest.mark.parametrize("seed", MIXES)
def test_under_any_mix_of_faults_too(seed: int, tmp_path: Path) -> None:
    chosen = random.Random(seed)
    names = chosen.sample(sorted(CASES), chosen.randint(2, 5))
    lines = tuple(
        {**line, "at": f"{chosen.randint(READY_S, 300)}s", "seed": seed}
        for name in names
        for line in CASES[name]
    )

    # A venue that loses every cancel keeps a sale waiting for the end of what protects its lot.
    with world_of(tmp_path, lines, exits_alone="lose_cancel" in names) as world:
        assert_it_ends_well(world)


@pytest.mark.slow
@pytest.mark.req("E2", "REC1", "X2", "X6")
@pytest.mark.parametrize("seed", MIXES)
def test_under_any_mix_of_odd_contents_the_books_agree_exits_work_and_each_is_told(
    seed: int, tmp_path: Path
) -> None:
    chosen = random.Random(seed)
    lines = tuple(
        {**line, "at": f"{chosen.randint(READY_S, 250)}s", "for": "60s", "seed": seed}
        | {"probability": chosen.choice(["0.02", "0.3", "1"])}
        for line in chosen.sample(ODD_CONTENT, chosen.randint(2, 5))
    )

    with world_of(tmp_path, lines) as world:
        assert_it_ends_well(world)
        told = [alert["what"] for alert in world.alerts() if alert["code"] == "LEFT_OUT"]
        for line, seen in zip(lines, world.faults.documents(), strict=True):
            assert not seen["struck"] or any(
                name in what for name in members_struck_with(line, lines) for what in told
            ), (line, told)
        assert_nothing_is_held_for_too_long(world)


@pytest.mark.req("X2")
def test_the_same_script_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    names = ("latency", "lost_response", "drop_frame", "partial_fills", "http_500")
    lines = tuple(line for name in names for line in CASES[name])

    def run(name: str, chosen: Lines) -> bytes:
        with world_of(tmp_path / name, chosen) as world:
            assert_it_ends_well(world)
            assert sum(each["struck"] for each in world.faults.documents()) > len(names)
            return journal_bytes(world.mode_folder)

    first = run("first", lines)

    assert run("second", lines) == first
    assert run("third", tuple({**line, "seed": 99} for line in lines)) != first
