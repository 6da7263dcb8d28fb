"""What was decided last and why, and which orders that has left open."""

from __future__ import annotations

from collections.abc import Iterator

from actors.reporting.refusals import why
from app.status import words
from app.status.lines import BAD, WARN, Line, title
from app.status.members import Members
from domain.model.approval import Reason
from domain.model.figures import moment

REFUSALS_SHOWN = 5


def decision_lines(document: Members, *, is_up: bool) -> Iterator[Line]:
    """Yield the last decision with its main reasons, the same reason once."""
    made = document.part("last_decision")
    if not made:
        return
    yield from title(f"Last decision: cycle {made.count('cycle'):,} at {moment(made.moment('at'))}")
    approved, late = made.texts("approved"), made.texts("late")
    if approved:
        yield Line(f"  entering {', '.join(approved)}")
    grouped: dict[str, list[str]] = {}
    for each in made.parts("refused"):
        grouped.setdefault(each.text("reason"), []).append(each.text("product"))
    for reason, products in list(grouped.items())[:REFUSALS_SHOWN]:
        yield Line(f"  refused {', '.join(products)}: {why(Reason(reason))}")
    if late:
        yield Line(f"  no answer in time from {', '.join(late)}", WARN)
    if not approved and not grouped and not late:
        yield Line("  no entry: no product gives a signal")
    if not is_up:
        yield Line("  nothing is decided now")


def order_lines(document: Members, *, is_over: bool) -> Iterator[Line]:
    """Yield the orders that have not ended."""
    orders = document.parts("orders_open")
    if not orders:
        return
    yield from title(f"Open orders: {len(orders)}")
    for each in orders:
        what = " ".join(each.text(name) for name in ("purpose", "side", "product")).strip()
        price, quantity = each.number("price"), each.number("quantity")
        asked = "" if quantity is None else f" {words.quantity(quantity, None)}"
        limit = "" if price is None else f" at {words.price(price, None)}"
        filled = each.number("filled")
        done = f", filled {words.quantity(filled, None)}" if filled else ""
        state = each.text("state").lower().replace("_", " ")
        yield Line(f"  {what}{asked}{limit}: {state}{done}; id {each.text('client_order_id')}")
    if is_over:
        told = "  as the picture has them; what became of them is read from the venue at a start"
        yield Line(told, BAD)
