"""The venue's balances against ours, to the last digit, and what explains a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from domain.messages.portfolio import CashFlowSeen, LedgerReported, LotsMissing
from domain.model.entries import EntryKind, Unread
from domain.model.money import ZERO, Amount, Quantity
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId, Side
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger, report
from domain.portfolio.reconcile import Comparison, Unsettled, compare
from tests.builders.messages import BTC, a_lot

pytestmark = pytest.mark.req("REC1")

FIRST = a_lot("1", id="first")
SECOND = a_lot("0.5", id="second", product=ProductId("BTC-USDC"))
LEDGER = Ledger(
    quote_currency="USD",
    opening_cash=Amount(Decimal(1000)),
    cash=Amount(Decimal("100.5")),
    lots=(FIRST, SECOND),
    coins={"BTC": Decimal("1.5"), "DOGE": Decimal(9)},
)
OURS = report("portfolio", 1, LEDGER)
GATE = evolve(OURS, actor="risk_gate")


def found(
    changed: Mapping[str, str] | None = None,
    ours: LedgerReported = OURS,
    *,
    unread: Sequence[Unread] = (),
    unsettled: Unsettled = (),
) -> Comparison:
    """Compare with a venue that has what our books say, but for `changed`; "": no account."""
    totals = {"USD": "100.5", "BTC": "1.5", "DOGE": "9"} | dict(changed or {})
    accounts = [
        AccountBalance(currency, Decimal(total) - 1, Decimal(1))
        for currency, total in totals.items()
        if total
    ]
    gate = evolve(ours, actor="risk_gate")
    return compare("USD", accounts, ours, gate, unread=unread, unsettled=unsettled)


def test_equal_balances_agree_whatever_orders_hold_of_them() -> None:
    assert found() == Comparison()


@pytest.mark.parametrize("usd", ["100.50000001", "100.49999999"])
def test_the_last_digit_of_cash_matters_and_is_a_flow(usd: str) -> None:
    seen = found({"USD": usd})

    (problem,) = seen.problems
    assert f"the venue has {usd}, the ledger 100.5" in problem
    amount = Decimal(usd) - Decimal("100.5")
    kind = "deposit" if amount > 0 else "withdrawal"
    assert seen.news == (CashFlowSeen("USD", Amount(amount), kind),)


@pytest.mark.parametrize(
    ("usd", "btc", "kinds"),
    [
        ("150.5", "1.4", {"USD": "sold by hand", "BTC": "sold by hand"}),
        ("50.5", "1.6", {"USD": "bought by hand", "BTC": "bought by hand"}),
        ("100.5", "1.6", {"BTC": "deposit"}),
        ("100.5", "1.4", {"BTC": "withdrawal"}),
        ("150.5", "1.6", {"USD": "deposit", "BTC": "deposit"}),
    ],
)
def test_a_change_is_named_by_what_it_looks_like(usd: str, btc: str, kinds: dict[str, str]) -> None:
    news = found({"USD": usd, "BTC": btc}).news

    assert {e.currency: e.kind for e in news if isinstance(e, CashFlowSeen)} == kinds


@pytest.mark.req("RB5", "CASH1")
@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"USD": "80.25", "USDC": "20.25"}, {"USD": "converted", "USDC": "converted"}),
        ({"USD": "80.25", "USDC": "20"}, {"USD": "converted", "USDC": "converted"}),
        (
            {"USD": "80.25", "USDC": "20.25", "DOGE": "10"},
            {"USD": "converted", "USDC": "converted", "DOGE": "deposit"},
        ),
        (
            {"USD": "80.25", "USDC": "20", "DOGE": "10"},
            {"USD": "bought by hand", "USDC": "bought by hand", "DOGE": "bought by hand"},
        ),
        ({"USDC": "20"}, {"USDC": "deposit"}),
        ({"USD": "80", "DOGE": "10"}, {"USD": "bought by hand", "DOGE": "bought by hand"}),
    ],
)
def test_what_went_from_one_wallet_that_pays_to_the_other_was_converted(
    changed: dict[str, str], kinds: dict[str, str]
) -> None:
    news = found(changed).news
    assert {each.currency: each.kind for each in news if isinstance(each, CashFlowSeen)} == kinds


def test_a_coin_too_few_is_named_over_all_products_of_the_asset_and_missing_of_the_newest() -> None:
    seen = found({"BTC": "1.49999999"})

    assert seen.problems == (
        "BTC: the venue has 1.49999999, we own 1.5: 0.00000001 is not there and can't be sold",
    )
    part = Decimal("0.00000001")
    assert seen.news == (
        CashFlowSeen("BTC", Amount(-part), "withdrawal"),
        LotsMissing("BTC", (("second", Quantity(part)),)),
    )


def test_coins_of_somebody_else_cover_nothing_of_what_is_missing_by_name() -> None:
    """Coins are not marked: as long as there are enough, none of ours are missing."""
    foreign = evolve(OURS, coins={**LEDGER.coins, "BTC": Decimal(70)})

    seen = found({"BTC": "1.5"}, foreign)

    assert seen.news == (CashFlowSeen("BTC", Amount(Decimal("-68.5")), "withdrawal"),)


def test_what_is_known_to_be_missing_is_no_difference_and_found_again_it_is_news() -> None:
    gone = evolve(FIRST, missing=Quantity(Decimal("0.25")))
    known = evolve(OURS, lots=(gone,), coins={**LEDGER.coins, "BTC": Decimal("0.75")})

    assert found({"BTC": "0.75"}, known) == Comparison()
    back = found({"BTC": "1"}, known)
    assert back.problems == ("BTC: what was missing is at the venue again",)
    assert back.news[-1] == LotsMissing("BTC", ())


@pytest.mark.parametrize(
    ("side", "btc", "is_explained"),
    [(Side.SELL, "1.4", False), (Side.BUY, "1.4", True), (Side.BUY, "1.6", False)],
)
def test_what_an_order_of_ours_may_have_done_is_nobody_elses(
    side: Side, btc: str, is_explained: bool
) -> None:
    seen = found({"BTC": btc, "USD": "7"}, unsettled=((BTC, side),))

    assert seen.problems
    assert bool(seen.news) is is_explained


def test_an_order_on_its_way_keeps_no_deposit_from_being_seen() -> None:
    assert found({"USD": "500"}, unsettled=((BTC, Side.BUY), (BTC, Side.SELL))).news


MOVES = (
    {"BTC": Decimal(1), "USD": Decimal("-70.25")},
    {"BTC": Decimal("0.5"), "USD": Decimal("-30")},
    {"BTC": Decimal("-0.5"), "USD": Decimal(31)},
)


@pytest.mark.parametrize(
    ("usd", "btc", "is_explained"),
    [
        ("69.5", "2", False),
        ("99.5", "1.5", False),
        ("169.75", "0.5", False),
        ("99.51", "1.5", True),
        ("100.5", "0.5", True),
    ],
    ids=["before the last", "before two", "before all", "another cent", "the coins alone"],
)
def test_balances_from_before_our_newest_fills_are_behind_and_not_somebody_elses_doing(
    usd: str, btc: str, is_explained: bool
) -> None:
    ours = evolve(OURS, moves=MOVES)

    seen = found({"USD": usd, "BTC": btc}, ours)

    assert seen.problems
    assert bool(seen.news) is is_explained


def test_an_account_that_is_not_listed_is_unknown_and_not_empty() -> None:
    seen = found({"BTC": ""})

    assert "BTC: the venue lists no account of it" in seen.problems
    assert seen.news == ()


@pytest.mark.parametrize("name", ["BTC", ""])
def test_a_wallet_that_cannot_be_read_explains_nothing(name: str) -> None:
    unread = (Unread(kind=EntryKind.WALLET, reason="odd", name=name),)

    seen = found({"BTC": "", "USD": "500"}, unread=unread)

    assert "can't be read" in seen.problems[0]
    assert seen.news == ()


def test_a_wallet_of_somebody_elses_coins_that_cannot_be_read_is_no_difference() -> None:
    unread = (Unread(kind=EntryKind.WALLET, reason="odd", name="DOGE"),)

    assert found({"DOGE": ""}, unread=unread) == Comparison()


def test_a_wallet_that_is_no_money_hides_no_change_of_the_one_that_is() -> None:
    vault = (Unread(kind=EntryKind.WALLET, reason="a vault", name="USD", is_foreign=True),)

    assert found({"USD": "500"}, unread=vault).news


def test_books_of_ours_that_differ_are_told_first_and_explain_nothing() -> None:
    gate = evolve(OURS, actor="risk_gate", cash=Amount(Decimal(7)))

    seen = compare("USD", [AccountBalance("USD", Decimal(1), ZERO)], OURS, gate)

    assert "portfolio" in seen.problems[0]
    assert "risk_gate" in seen.problems[0]
    assert seen.news == ()


def test_books_of_which_one_thinks_more_missing_differ() -> None:
    gate = evolve(
        OURS, actor="risk_gate", lots=(evolve(FIRST, missing=Quantity(Decimal("0.5"))), SECOND)
    )

    assert compare("USD", [], OURS, gate).problems


def test_books_that_are_not_open_contradict_nobody() -> None:
    closed = report("portfolio", 1, None)

    assert compare("USD", [], closed, evolve(closed, actor="risk_gate")) == Comparison()


SIZES = some.decimals(0, 5, places=2)


@given(some.lists(some.tuples(SIZES, SIZES), max_size=6))
def test_booked_the_news_leave_no_difference_and_every_lot_covered_by_what_is_there(
    steps: list[tuple[Decimal, Decimal]],
) -> None:
    books = Books("USD", LEDGER)
    for usd, btc in steps:
        ledger = books.ledger
        assert ledger is not None
        changed = {"USD": str(usd), "BTC": str(btc)}
        for news in found(changed, report("portfolio", 1, ledger)).news:
            books = books.apply(news)

        ledger = books.ledger
        assert ledger is not None
        assert found(changed, report("portfolio", 1, ledger)) == Comparison()
        held = sum((lot.held for lot in ledger.lots), ZERO)
        assert held == min(btc, Decimal("1.5"))
        assert ledger.cash == usd
        assert ledger.cash - ledger.flows == LEDGER.cash
