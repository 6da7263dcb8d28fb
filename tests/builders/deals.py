"""Random fills: lots bought in parts, and parts of what is owned sold again."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen
from hypothesis import strategies as st

from domain.messages.orders import FillBooked
from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, Price
from domain.model.product import ProductId
from domain.portfolio.ledger import Ledger
from tests.builders.messages import BTC, ETH, NOW, an_intent, approved, approved_sale, booked


@frozen
class Deal:
    """One random fill: a buy of a lot, or a sale of a part (in 1/7) of what is owned."""

    product: ProductId
    lot: int
    price: Decimal
    quantity: Decimal
    fee: Decimal
    sold_sevenths: int


DEALS = st.lists(
    st.builds(
        Deal,
        product=st.sampled_from([BTC, ETH]),
        lot=st.integers(1, 4),
        price=st.decimals("0.01", "99999", places=2),
        quantity=st.decimals("0.00000001", "50", places=8),
        fee=st.decimals("0", "9", places=12),
        sold_sevenths=st.integers(0, 7),
    ),
    max_size=25,
)


def fill_of(deal: Deal, number: int, ledger: Ledger, at_ns: Nanos = NOW) -> FillBooked | None:
    """Return the fill of `deal`, None where there is nothing to sell."""
    price, fee = Price(deal.price), Amount(deal.fee)
    if deal.sold_sevenths == 0:
        order = approved(product=deal.product, approval=deal.lot)
        intent = an_intent(order, deal.lot + 10 * (deal.product == ETH))
        quantity = str(deal.quantity)
    else:
        owned = sum((lot.quantity for lot in ledger.lots if lot.product == deal.product), ZERO)
        part = (owned * deal.sold_sevenths / 7).quantize(Decimal("1e-8"))
        if not 0 < part <= owned:
            return None
        quantity = str(part)
        intent = an_intent(approved_sale("another", quantity, product=deal.product), 1000 + number)
    return booked(intent, quantity, price=price, fee=fee, entry_id=f"deal-{number}", at_ns=at_ns)
