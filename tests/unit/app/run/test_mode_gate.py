from decimal import Decimal
from itertools import product

import pytest

from app.run.mode_gate import (
    ModeGate,
    refusals,
    refused_books,
    right_of_check,
    right_of_self_test,
)
from config.effective import Config
from config.mode import Mode
from config.schema import App
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import StatementTaken
from domain.model.capability import IN_PROCESS, Extent, NoCapability
from domain.model.money import ZERO
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.system.live_gates import Gate, UnmetGate
from domain.system.recovery import Recovered, fold
from tests.builders.messages import NOW, a_moved, an_intent, approved_sale, booked

HERE = "http://127.0.0.1:8080"


def config_with(ceiling: Mode) -> Config:
    return Config(app=App(mode=ceiling))


@pytest.mark.req("M1")
@pytest.mark.parametrize(("mode", "ceiling"), list(product((Mode.DRY_RUN, Mode.PAPER), Mode)))
def test_a_mode_starts_only_below_or_at_the_ceiling(mode: Mode, ceiling: Mode) -> None:
    refused = refusals(mode, config_with(ceiling))

    assert bool(refused) == (mode.rank > ceiling.rank)
    assert all(str(ceiling) in sentence for sentence in refused)


@pytest.mark.req("M1")
def test_on_paper_the_right_to_order_is_for_a_venue_of_this_machine_and_given_once() -> None:
    gate = ModeGate(Mode.PAPER)

    right = gate.on_paper(HERE)

    assert right is not None
    assert (right.extent, right.venue) == (Extent.ALL, HERE)
    with pytest.raises(NoCapability, match="given in this run before"):
        gate.on_paper(HERE)
    assert ModeGate(Mode.PAPER).on_paper(IN_PROCESS) is not None


@pytest.mark.req("M1")
@pytest.mark.parametrize(
    "venue", ["https://api.coinbase.com", "http://127.0.0.1.evil.example", "", "nonsense"]
)
def test_no_right_to_order_anywhere_else_is_given_in_any_mode(venue: str) -> None:
    with pytest.raises(NoCapability):
        ModeGate(Mode.PAPER).on_paper(venue)
    with pytest.raises(NoCapability):
        ModeGate(Mode.LIVE).on_live(venue, (), is_owner=True)


@pytest.mark.req("M1")
def test_a_dry_run_has_none_and_no_mode_has_that_of_another() -> None:
    assert ModeGate(Mode.DRY_RUN).on_paper(HERE) is None
    with pytest.raises(NoCapability):
        ModeGate(Mode.LIVE).on_paper(HERE)
    for mode in (Mode.DRY_RUN, Mode.PAPER):
        with pytest.raises(NoCapability):
            ModeGate(mode).on_live(HERE, (), is_owner=True)


@pytest.mark.req("M1")
def test_with_every_gate_open_the_right_is_to_everything_and_given_once() -> None:
    gate = ModeGate(Mode.LIVE)

    assert gate.on_live(HERE, (), is_owner=False).extent is Extent.ALL
    with pytest.raises(NoCapability, match="given in this run before"):
        gate.on_live(HERE, (), is_owner=False)


@pytest.mark.req("M1")
@pytest.mark.parametrize("shut", Gate)
def test_with_a_gate_shut_it_is_to_exits_and_only_where_something_is_owned(shut: Gate) -> None:
    unmet = (UnmetGate(shut, "found", "mend"),)

    assert ModeGate(Mode.LIVE).on_live(HERE, unmet, is_owner=True).extent is Extent.EXITS
    with pytest.raises(NoCapability, match="found; mend"):
        ModeGate(Mode.LIVE).on_live(HERE, unmet, is_owner=False)
    final = (UnmetGate(shut, "found", "mend", is_final=True),)
    with pytest.raises(NoCapability):
        ModeGate(Mode.LIVE).on_live(HERE, final, is_owner=True)


@pytest.mark.req("M1", "CL1")
def test_a_check_has_the_right_to_one_harmless_order_and_a_self_test_to_none_that_leaves() -> None:
    assert right_of_check("https://api.coinbase.com").extent is Extent.HARMLESS
    assert right_of_self_test().venue == IN_PROCESS


@pytest.mark.req("M1")
def test_modes_are_ordered() -> None:
    assert sorted(Mode, key=lambda mode: mode.rank) == [Mode.DRY_RUN, Mode.PAPER, Mode.LIVE]


# The currency of the books.

ENTRY = an_intent()
OPENED = StatementTaken("start", (AccountBalance("USD", Decimal(10_000), ZERO),))
BOUGHT = (OPENED, IntentRaised(ENTRY), booked(ENTRY), a_moved(ENTRY, OrderState.FILLED, "2"))


def told(*messages: object, quote: str) -> Recovered:
    """Return what a start with `app.quote: quote` reads in a journal."""
    return fold(((NOW + number, each) for number, each in enumerate(messages)), quote)


@pytest.mark.req("CASH1", "M1")
def test_with_lots_of_another_quote_currency_a_start_is_refused_and_says_what_to_do() -> None:
    sentence = refused_books(told(*BOUGHT, quote="USDC"), "USDC")

    assert sentence is not None
    for word in ("kept in USD", "app.quote is USDC", "BTC-USD", "--data-dir"):
        assert word in sentence


@pytest.mark.req("CASH1", "M1")
@pytest.mark.parametrize("is_sold", [False, True])
def test_books_in_another_quote_currency_refuse_a_start_also_without_a_lot(is_sold: bool) -> None:
    sale = an_intent(approved_sale(ENTRY.client_order_id), 2)
    sold = (IntentRaised(sale), booked(sale), a_moved(sale, OrderState.FILLED, "2"))
    messages = (*BOUGHT, *sold) if is_sold else (OPENED, IntentRaised(ENTRY))

    assert refused_books(told(*messages, quote="USDC"), "USDC") is not None
    assert refused_books(told(*messages, quote="USD"), "USD") is None


@pytest.mark.req("CASH1")
def test_books_without_a_fill_or_an_open_order_may_begin_in_another_currency() -> None:
    void = (OPENED, IntentRaised(ENTRY), a_moved(ENTRY, OrderState.VOID))

    assert refused_books(told(quote="USDC"), "USDC") is None
    assert refused_books(told(*void, quote="USDC"), "USDC") is None
