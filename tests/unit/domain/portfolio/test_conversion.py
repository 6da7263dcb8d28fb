"""How much is converted is bounded by whose money it is; what became of it, by what is certain."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.portfolio import LedgerReported
from domain.messages.venue import AccountsListed
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.entries import EntryKind, Unread
from domain.model.money import ZERO, Amount
from domain.model.portfolio import AccountBalance
from domain.portfolio.conversion import ConversionDoubt, amount_of, converted, kept
from domain.portfolio.proceeds import Proceeds

pytestmark = pytest.mark.req("RB5", "X1")

ONE = Conversion("t-1", "USD", "USDC", Amount(Decimal(1234)))
MONEY = st.decimals(0, 100_000, places=8)
H = 130


def listed(
    usd: Decimal = Decimal(1000), *unread: Unread, names: str = "USD USDC"
) -> AccountsListed:
    accounts = tuple(
        AccountBalance(name, usd if name == "USD" else ZERO, ZERO) for name in names.split()
    )
    return AccountsListed(1, accounts, True, None, unread)


def books(cash: Decimal, allotted: Decimal | None = None) -> LedgerReported:
    what = None if allotted is None else Amount(allotted)
    return LedgerReported("portfolio", 1, True, Amount(cash), allotted=what)


@given(MONEY, MONEY, MONEY, MONEY | st.none())
def test_it_is_whole_cents_and_never_more_than_any_bound(
    brought: Decimal, cash: Decimal, free: Decimal, allotted: Decimal | None
) -> None:
    found = amount_of(Proceeds(brought, is_begun=True), books(cash, allotted), listed(free))

    bounds = [brought, cash, free, *([] if allotted is None else [allotted])]
    if isinstance(found, str):
        assert min(bounds) < Decimal("0.01")
    else:
        assert 0 < found <= min(bounds)
        assert min(bounds) - found < Decimal("0.01")
        assert found == round(found, 2)


@pytest.mark.parametrize(
    ("names", "unread", "why"),
    [
        ("USD BTC", (), "the venue lists no wallet of USDC"),
        ("USDC", (), "the venue's wallet of USD can't be read"),
        ("USD", ("USDC",), "the venue's wallet of USDC can't be read"),
        ("USD", ("",), "the venue's wallet of USDC can't be read"),
        ("USD", ("DOGE",), "the venue lists no wallet of USDC"),
    ],
)
def test_a_wallet_that_is_not_there_or_odd_receives_nothing(
    names: str, unread: tuple[str, ...], why: str
) -> None:
    odd = (Unread(kind=EntryKind.WALLET, reason="odd", name=each) for each in unread)
    proceeds = Proceeds(Decimal(100), is_begun=True)

    assert amount_of(proceeds, books(Decimal(100)), listed(Decimal(100), *odd, names=names)) == why


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("refusal", [None, "no"])
@pytest.mark.parametrize("state", list(ConversionState))
def test_it_is_settled_by_what_is_certain_and_by_nothing_else(
    state: ConversionState, refusal: str | None, is_late: bool
) -> None:
    now_ns = 1000 + H if is_late else 1000 + H - 1
    settled = ConversionDoubt(ONE, 1000, refusal).verdict(ConversionSeen(state), now_ns, H)

    if state is ConversionState.DONE:
        assert settled is not None
        assert settled.is_done
    elif state is ConversionState.CANCELLED:
        assert settled is not None
        assert not settled.is_done
    elif state in (ConversionState.QUOTED, ConversionState.ABSENT) and (refusal or is_late):
        assert settled is not None
        assert not settled.is_done
        assert settled.reason == (refusal or "the venue never carried it out")
    else:
        assert settled is None, "it may still be carried out"


def test_what_was_done_and_what_was_not_is_said_in_money() -> None:
    assert converted(ONE) == "converted 1,234.00 USD to USDC"
    assert kept(Decimal("5.5"), "no quote") == (
        "it stays USD: 5.50 USD of these sales are not converted: no quote"
    )
