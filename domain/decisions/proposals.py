"""What a strategy answers, looked at where it enters: nothing of a plug-in goes further unread.

Bounds of policy are the risk gate's. Here it is about what could harm who handles a proposal: a
member of another type, or one whose methods are the plug-in's own code.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from domain.model.errors import TradingError
from domain.model.product import ProductId, Side
from domain.model.proposal import TradeProposal
from domain.model.spelling import product_meant

PROPOSALS_MAX = 1_000
PRODUCT_LENGTH_MAX = 64
DIGITS_MAX = 50
REASON_LENGTH_MAX = 120
SIGNAL_LENGTH_MAX = 24
_KINDS: dict[str, type] = {
    "product": str,
    "side": Side,
    "notional_pct": Decimal,
    "stop_loss_pct": Decimal,
    "take_profit_pct": Decimal,
    "conviction": Decimal,
}


class ProposalInvalid(TradingError):
    """A strategy answered something that is no proposal; the text names the member."""


def checked(answer: Iterable[object], asked: Container[ProductId]) -> tuple[TradeProposal, ...]:
    """Return the proposals of a strategy's answer as our own values.

    Raises:
        ProposalInvalid: one of them is none, or of a product that it was not asked about, or there
            are too many.
    """
    proposals = tuple(islice(answer, PROPOSALS_MAX + 1))
    if len(proposals) > PROPOSALS_MAX:
        raise ProposalInvalid(f"expected at most {PROPOSALS_MAX} proposals")
    copies = tuple(_copy(each) for each in proposals)
    for each in copies:
        if each.product not in asked:
            raise ProposalInvalid(f"product: {each.product} has not triggered, or is held")
    return copies


def _copy(proposal: object) -> TradeProposal:
    if type(proposal) is not TradeProposal:
        raise ProposalInvalid(f"expected TradeProposals, was {type(proposal).__name__}")
    members: dict[str, Any] = {}
    for name, kind in _KINDS.items():
        value = members[name] = getattr(proposal, name, None)
        flaw = _flaw(value, kind)
        if flaw is not None:
            raise ProposalInvalid(f"{name}: {flaw}")
    reason = _line(proposal, "reason", REASON_LENGTH_MAX)
    return TradeProposal(
        **members, reason=reason, signal=_line(proposal, "signal", SIGNAL_LENGTH_MAX)
    )


def _line(proposal: object, name: str, longest: int) -> str:
    """Return a text of a strategy as one short line: it goes into journal, log and report."""
    value = getattr(proposal, name, None)
    if type(value) is not str:
        raise ProposalInvalid(f"{name}: expected str, was {type(value).__name__}")
    cut = value[:longest]
    return " ".join("".join(one if one.isprintable() else " " for one in cut).split())


def _flaw(value: object, kind: type) -> str | None:
    """Return what is wrong with a member that has to be of `kind`, itself and no kind of it."""
    if type(value) is not kind:
        return f"expected {kind.__name__}, was {type(value).__name__}"
    if isinstance(value, str) and kind is str:
        is_name = value.isascii() and value.isprintable() and " " not in value
        if not (is_name and 0 < len(value) <= PRODUCT_LENGTH_MAX):
            return f"expected a product like BTC-USD{product_meant(value)}"
    if isinstance(value, Decimal) and value.is_finite():
        _, digits, exponent = value.as_tuple()
        if len(digits) > DIGITS_MAX or abs(int(exponent)) > DIGITS_MAX:
            return f"expected at most {DIGITS_MAX} digits"
    return None
