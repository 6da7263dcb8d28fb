from decimal import Decimal
from itertools import product

import pytest

from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET
from app.run.mode_gate import refusals, refused_books
from config.effective import Config
from config.mode import Mode
from config.schema import App
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import StatementTaken
from domain.model.money import ZERO
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.system.recovery import Recovered, fold
from tests.builders.keys import WHOLE
from tests.builders.messages import NOW, a_moved, an_intent, approved_sale, booked


def config_with(ceiling: Mode) -> Config:
    return Config(app=App(mode=ceiling))


@pytest.mark.req("M1")
@pytest.mark.parametrize(("mode", "ceiling"), list(product((Mode.DRY_RUN, Mode.PAPER), Mode)))
def test_a_mode_starts_only_below_or_at_the_ceiling(mode: Mode, ceiling: Mode) -> None:
    refused = refusals(mode, config_with(ceiling), is_confirmed=False)

    assert bool(refused) == (mode.rank > ceiling.rank)
    assert all(str(ceiling) in sentence for sentence in refused)


@pytest.mark.req("M1")
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_live_names_every_gate_that_is_shut(is_confirmed: bool) -> None:
    refused = refusals(Mode.LIVE, config_with(Mode.LIVE), is_confirmed=is_confirmed)

    gates = [sentence.partition(":")[0] for sentence in refused]
    assert ("confirmation" in gates) is not is_confirmed
    assert {"certificate", "gateway"} <= set(gates)


@pytest.mark.req("M1", "SEC1")
def test_live_without_a_usable_key_says_where_it_belongs_and_with_one_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told() -> list[str]:
        refused = refusals(Mode.LIVE, config_with(Mode.LIVE), is_confirmed=True)
        return [each for each in refused if each.startswith("secrets:")]

    for name in (FILE, NAME, SECRET):
        monkeypatch.delenv(name, raising=False)
    (sentence,) = told()
    assert "CB_API_SECRET_FILE" in sentence

    monkeypatch.setenv(NAME, "k1")
    (half,) = told()
    assert half == "secrets: COINBASE_API_KEY is set and COINBASE_API_SECRET is not; a key has both"
    monkeypatch.setenv(SECRET, WHOLE)
    assert told() == []


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
