"""Ways out of halts and blocks, walked in the whole system: opened, left, entries allowed again."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from adapters.journal.archive import write_backup
from app.commands.audit import check
from app.run.recovery import JOURNAL
from app.run.restoring import restore
from app.selftest.proof import Guard, Proof
from domain.messages.orders import OrderAdvanced
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderState
from tests.builders.books import state_of
from tests.builders.operator import is_open, may_enter, resume
from tests.builders.price_paths import RUNS_AWAY, TO_STOP, TO_TARGET, Line, script
from tests.builders.simulator import fault
from tests.builders.world import Setting, World

pytestmark = pytest.mark.req("SUP1")
LINK = "LINK-USD"


def a_setting(
    folder: Path,
    *faults: dict[str, object],
    seconds: int = 300,
    lines: tuple[Line, ...] = (RUNS_AWAY,),
) -> Setting:
    duration_ns = Nanos(seconds * SECOND)
    market = script(lines)
    return Setting(folder=folder, market=market, duration_ns=duration_ns, faults=faults)


def moves(world: World, state: OrderState) -> list[OrderAdvanced]:
    bodies = [body for _, body in world.messages()]
    return [each for each in bodies if isinstance(each, OrderAdvanced) and each.state is state]


# Orders that the venue denies.

DENIED = (
    fault("hidden_order", at="0s", for_="1000s", by="90s"),
    fault("lose_cancel", at="0s", for_="1000s"),
)
"""The stream shows a new order; lists and questions by id deny it for 90 s."""
SILENT = fault("http_503_html", at="169s", for_="25s", endpoint="fills")


@pytest.mark.way_out("unknown_order")
@pytest.mark.req("X4", "E2")
def test_an_order_that_the_venue_denies_is_given_up_by_a_person_and_its_end_still_counts(
    tmp_path: Path,
) -> None:
    with World(a_setting(tmp_path, *DENIED)).start() as world:
        assert world.until(lambda: is_open(world, "unknown_order"))
        assert not may_enter(world, LINK)

        answer = resume(world, "support: it was lost")

        assert answer.code == 0, answer
        assert "is given up" in answer.text
        assert may_enter(world, LINK)
        (void,) = moves(world, OrderState.VOID)
        assert void.reason.endswith("operator: support: it was lost")

        # It was there after all: what the venue shows of it counts, and the books agree.
        assert world.run_to_end() == 0, world.said
        assert world.runtime.board.open == ()
        assert void.client_order_id in {
            each.client_order_id
            for each in (*moves(world, OrderState.EXPIRED), *moves(world, OrderState.CANCELLED))
        }
    assert check(tmp_path / "data" / "paper" / JOURNAL).problems == ()


@pytest.mark.req("X4", "E2")
def test_while_the_venue_can_not_be_asked_no_order_is_given_up(tmp_path: Path) -> None:
    with World(a_setting(tmp_path, *DENIED, SILENT)).start() as world:
        assert world.until(lambda: is_open(world, "unknown_order") and world.now_s > 169)

        answer = resume(world)

        assert answer.code == 1, answer
        assert "may or may not exist" in answer.text or "try again" in answer.text
        assert moves(world, OrderState.VOID) == []
        assert not may_enter(world, LINK)


# A journal that was restored.

TWO = (TO_TARGET, TO_STOP)


def backed_up(world: World, folder: Path, name: str = "backup") -> Path:
    file = folder / f"{name}.tar.zst"
    write_backup(world.mode_folder / JOURNAL, file, "paper", "2026-11-28T12:00:00Z")
    return file


@pytest.mark.slow
@pytest.mark.way_out("restored")
@pytest.mark.req("AUD1", "BOOT1", "X1")
def test_a_restored_journal_that_lacks_nothing_trades_on_when_a_person_says_so(
    tmp_path: Path,
) -> None:
    with World(a_setting(tmp_path, seconds=5, lines=TWO)).start() as world:
        assert world.run_to_end() == 0
        file = backed_up(world, tmp_path)
    restore(file, tmp_path / "data" / "paper")

    with World(a_setting(tmp_path, seconds=240, lines=TWO)).start() as again:
        assert again.until(lambda: again.is_ready)
        assert not may_enter(again, "BTC-USD")
        again.until(lambda: False, 5)
        assert [each.name for each in again.runtime.board.open] == ["restored"]

        answer = resume(again, "nothing is missing")

        assert answer.code == 0, answer
        assert may_enter(again, "BTC-USD")
        assert again.until(lambda: len(again.books()["fills"]) >= 2, 200)
        assert again.run_to_end() == 0
    assert check(tmp_path / "data" / "paper" / JOURNAL).problems == ()


@pytest.mark.slow
@pytest.mark.req("AUD1", "BOOT1", "X1", "R1")
def test_what_a_restored_journal_has_lost_is_told_blocks_entries_and_is_never_sold(
    tmp_path: Path,
) -> None:
    with World(a_setting(tmp_path, lines=TWO)).start() as world:
        assert world.until(lambda: world.now_s > 100)
        file = backed_up(world, tmp_path)
        assert world.until(lambda: len(world.books()["fills"]) == 2)
        assert world.until(lambda: len(state_of(world).booked) == 2)
        owned = {each: world.venue_total(each) for each in ("BTC", "ETH")}
        newer = backed_up(world, tmp_path, "newer")
    assert all(owned.values())
    restore(file, tmp_path / "data" / "paper")

    with World(a_setting(tmp_path, seconds=120, lines=TWO)).start() as again:
        assert again.until(lambda: is_open(again, "lost_orders"), 60), again.runtime.board.open
        again.run_to_end()

        assert "BREAKER:lost_orders" in {alert["code"] for alert in again.alerts()}
        assert {each: again.venue_total(each) for each in owned} == owned
        assert not may_enter(again, "BTC-USD")
        lots = len(again.books()["fills"])

    # A newer backup turns up: with it in place the coins are lots again, and are sold as such.
    restore(newer, tmp_path / "data" / "paper")
    with World(a_setting(tmp_path, seconds=120, lines=TWO)).start() as third:
        assert third.until(lambda: third.is_ready)
        assert resume(third, "the newer one has everything").code == 0
        assert third.until(lambda: may_enter(third, "BTC-USD"), 60), third.runtime.board.open
        assert third.until(lambda: len(third.books()["fills"]) == lots + 2, 100)
        assert third.run_to_end() == 0
    assert check(tmp_path / "data" / "paper" / JOURNAL).problems == ()


@pytest.mark.way_out("lost_orders", "restored")
@pytest.mark.req("AUD1", "BOOT1", "X1")
def test_an_order_that_a_restored_journal_has_lost_is_cancelled_and_a_person_goes_on(
    tmp_path: Path,
) -> None:
    with World(a_setting(tmp_path)).start() as world:
        assert world.until(lambda: world.now_s > 100)
        file = backed_up(world, tmp_path)
        assert world.until(lambda: len(world.live_orders()) == 1)
    restore(file, tmp_path / "data" / "paper")

    with World(a_setting(tmp_path, seconds=120)).start() as again:
        assert again.until(lambda: is_open(again, "lost_orders"), 60), again.runtime.board.open
        assert again.until(lambda: again.live_orders() == [], 60)
        assert not may_enter(again, LINK)

        answer = resume(again, "it was an entry, and it is cancelled")

        assert answer.code == 0, answer
        assert again.until(lambda: may_enter(again, LINK), 60), again.runtime.board.open
        assert again.run_to_end() == 0
        assert not is_open(again, "lost_orders")
    assert check(tmp_path / "data" / "paper" / JOURNAL).problems == ()


@pytest.mark.slow
@pytest.mark.way_out("lost_orders", "restored")
@pytest.mark.req("AUD1", "BOOT1", "R1", "REC1")
def test_fills_that_a_restored_journal_has_lost_are_a_cash_flow_and_a_person_goes_on(
    tmp_path: Path,
) -> None:
    with World(a_setting(tmp_path, lines=TWO)).start() as world:
        assert world.until(lambda: world.now_s > 100)
        file = backed_up(world, tmp_path)
        assert world.until(lambda: len(world.books()["fills"]) == 2)
        owned = {each: world.venue_total(each) for each in ("BTC", "ETH")}
    restore(file, tmp_path / "data" / "paper")

    with World(a_setting(tmp_path, seconds=180, lines=TWO)).start() as again:
        assert again.until(lambda: is_open(again, "lost_orders"), 60), again.runtime.board.open
        assert not may_enter(again, "BTC-USD")

        assert again.until(lambda: resume(again, "bought before, mine to keep").code == 0, 60)

        assert again.until(lambda: may_enter(again, "BTC-USD"), 60), again.runtime.board.open
        again.run_to_end()
        # What it trades from here on are lots of its own; the coins from before stay.
        kept = {each: again.venue_total(each) for each in owned}
    assert all(kept[each] >= owned[each] for each in owned)
    assert check(tmp_path / "data" / "paper" / JOURNAL).problems == ()


@pytest.mark.way_out("lineage")
@pytest.mark.req("AUD1", "BOOT1")
def test_a_new_journal_on_an_old_account_goes_on_when_a_person_says_that_it_is_meant(
    tmp_path: Path,
) -> None:
    with World(a_setting(tmp_path, lines=TWO)).start() as world:
        assert world.until(lambda: len(world.books()["fills"]) == 2)
    (tmp_path / "data" / "paper" / JOURNAL).rename(tmp_path / "lost")

    with World(a_setting(tmp_path, seconds=60, lines=TWO)).start() as again:
        assert again.until(lambda: is_open(again, "lineage"), 60)

        assert resume(again, "these coins are mine now").code == 0
        assert again.until(lambda: again.is_ready and may_enter(again, LINK), 60)
        assert again.run_to_end() == 0


# Losses.

TIGHT = (
    "policy.stops.daily_pct=0.1",
    "policy.stops.weekly_pct=0.1",
    "policy.stops.drawdown_pct=0.1",
    "policy.max_daily_loss_usd=5",
)
LIMITS = ("daily_loss", "weekly_loss", "drawdown", "daily_loss_usd")


@pytest.mark.way_out("daily_loss", "weekly_loss", "drawdown", "daily_loss_usd")
@pytest.mark.req("DD1")
def test_a_loss_that_a_person_has_gone_on_from_halts_no_more(tmp_path: Path) -> None:
    with World(evolve(a_setting(tmp_path, lines=(TO_STOP,)), sets=TIGHT)).start() as world:
        assert world.until(lambda: all(is_open(world, each) for each in LIMITS))
        assert world.until(lambda: world.venue_total("ETH") == 0)  # sold at its stop

        answer = resume(world, "it was the market")

        assert answer.code == 0, answer
        assert all(f"{each} counts from the equity of now" in answer.text for each in LIMITS)
        world.until(lambda: False, 30)
        assert world.runtime.board.open == ()


# What is mended while it is stopped.

ANOTHER = "0a1b2c3d-0000-4000-8000-000000000000"


def said(endpoint: str, member: str, value: object) -> dict[str, object]:
    """Return a fault: as long as it runs, the venue says this of a member."""
    return fault(
        "odd_content", at="0s", for_="1000s", endpoint=endpoint, member=member, value=value
    )


@pytest.mark.req("M1")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("account", marks=pytest.mark.way_out("account")),
        pytest.param("permissions", marks=pytest.mark.way_out("permissions")),
        pytest.param("no_products", marks=pytest.mark.way_out("no_products")),
    ],
)
def test_what_was_wrong_at_one_start_is_right_at_the_next(name: str, tmp_path: Path) -> None:
    good = a_setting(tmp_path, seconds=30)
    wrong = {
        "account": evolve(good, sets=(f"app.account.portfolio_uuid={ANOTHER}",)),
        "permissions": evolve(good, faults=(said("permissions", "can_trade", False),)),
        "no_products": evolve(
            good, faults=(said("products", "products.*.quote_currency_id", "EUR"),)
        ),
    }
    with World(wrong[name]).start() as world:
        assert world.until(lambda: is_open(world, name), 60), world.runtime.board.open
        assert not may_enter(world, LINK)
        world.run_to_end()

    with World(good).start() as again:
        assert again.until(lambda: again.is_ready)
        if name == "account":
            assert resume(again, "the right key is in").code == 0
        assert again.until(lambda: may_enter(again, LINK), 60), again.runtime.board.open


ODD_KEYS: dict[str, tuple[str, object, str]] = {
    "may transfer": ("can_transfer", True, "the key may move money out of the account"),
    "may not view": ("can_view", False, "the key may not view the account"),
    "no portfolio": ("portfolio_uuid", "", "no portfolio that the venue names"),
    "a word for a right": ("can_transfer", "no", "permissions"),
    "no word about a right": ("can_transfer", None, "permissions"),
    "a number for a portfolio": ("portfolio_uuid", 7, "permissions"),
}


@pytest.mark.slow
@pytest.mark.req("M1")
@pytest.mark.parametrize("odd", ODD_KEYS)
def test_with_a_key_that_is_not_known_to_be_right_nothing_is_bought(
    odd: str, tmp_path: Path
) -> None:
    member, value, words = ODD_KEYS[odd]
    setting = a_setting(tmp_path, said("permissions", member, value), seconds=200)

    with World(setting).start() as world:
        assert world.until(lambda: world.now_s > 190), world.said

        assert not may_enter(world, LINK)
        assert any(words in each.reason for each in world.runtime.board.open)
        assert world.books()["orders"] == []


# What ends by itself.

ODD_ORDER = fault(
    "odd_content", at="128s", for_="20s", endpoint="orders", member="orders.*.side", value=""
)
PASSING = {
    "user_stream": (
        fault("disconnect", at="125s", stream="user"),
        fault("refuse_stream", at="125s", for_="20s"),
    ),
    "venue_lists": (fault("http_503_html", at="125s", for_="90s", endpoint="accounts"),),
    "drop_copy_lists": (fault("http_503_html", at="125s", for_="40s", endpoint="fills"),),
    "unreadable_orders": (ODD_ORDER,),
}


@pytest.mark.way_out("user_stream", "venue_lists", "drop_copy_lists", "unreadable_orders")
@pytest.mark.req("E2")
@pytest.mark.parametrize("name", PASSING)
def test_what_the_venue_hides_blocks_entries_until_it_shows_it_again(
    name: str, tmp_path: Path
) -> None:
    with World(a_setting(tmp_path, *PASSING[name], lines=(RUNS_AWAY, TO_TARGET))).start() as world:
        assert world.until(lambda: is_open(world, name), 200), world.alerts()
        assert not may_enter(world, LINK)

        assert world.until(lambda: may_enter(world, LINK), 200), world.runtime.board.open
        assert not is_open(world, name)


# A product that the venue switches on later.

LATE = Line(
    "BTC-USD", tuple((second + 900, price) for second, price in TO_TARGET.corners), busy=(16,)
)


@pytest.mark.slow
@pytest.mark.req("EX1")
def test_a_product_that_is_switched_on_after_the_start_is_traded_without_another_start(
    tmp_path: Path,
) -> None:
    off = fault("product_flag", at="0s", for_="600s", product="BTC-USD", flag="trading_disabled")
    market, duration_ns = script((LATE,), minutes=20), Nanos(1_100 * SECOND)
    with World(
        Setting(folder=tmp_path, market=market, duration_ns=duration_ns, faults=(off,))
    ).start() as world:
        assert world.until(lambda: len(world.books()["fills"]) > 0, 1_100), world.alerts()
        assert world.now_s > 900


# A guard that does not hold.


@pytest.mark.way_out("selftest")
@pytest.mark.req("M1")
def test_a_guard_that_does_not_hold_blocks_entries_until_a_start_finds_it_mended(
    tmp_path: Path,
) -> None:
    broken = Proof((Guard("spacing", 3), Guard("total_cap", 2, "an entry passed")))
    with World(evolve(a_setting(tmp_path, seconds=5), proof=broken)).start() as world:
        assert world.until(lambda: world.is_ready)
        assert is_open(world, "selftest")
        assert not may_enter(world, LINK)
        (blocked,) = (each for each in world.runtime.board.open if each.name == "selftest")
        assert blocked.reason.endswith("total_cap: an entry passed")
        assert world.run_to_end() == 0
        assert world.guardian.last["guards_proven"] == "1/2"

    mended = Proof((Guard("spacing", 3), Guard("total_cap", 2)))
    with World(evolve(a_setting(tmp_path, seconds=120), proof=mended)).start() as again:
        assert again.until(lambda: may_enter(again, LINK)), again.runtime.board.open
        assert not is_open(again, "selftest")
        assert again.run_to_end() == 0
        assert again.guardian.last["guards_proven"] == "2/2"
