"""A picture of one's own: what a strategy does to it reaches nobody else.

Values can't be changed by accident. A plug-in that goes around that would change the prices that
the risk gate sizes by, and the stops of everybody's lots: they are the same objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from domain.model.bars import COLUMNS, Bars
from domain.model.context import Context
from domain.model.portfolio import PortfolioView

if TYPE_CHECKING:
    from domain.model.bars import Ints


def private(context: Context) -> Context:
    """Return a picture that says the same and shares nothing that could be changed."""
    return evolve(
        context,
        bars=tuple(_bars(each) for each in context.bars),
        quotes=tuple(evolve(each) for each in context.quotes),
        portfolio=_portfolio(context.portfolio),
        hours=tuple(_bars(each) for each in context.hours),
        days=tuple(_bars(each) for each in context.days),
    )


def _bars(known: Bars) -> Bars:
    columns = (_column(getattr(known, name)) for name in COLUMNS)
    return Bars(known.product, known.timeframe, known.tick, known.step, *columns)


def _column(known: Ints) -> Ints:
    own = known.copy()
    own.flags.writeable = False
    return own


def _portfolio(known: PortfolioView) -> PortfolioView:
    return evolve(
        known,
        lots=tuple(evolve(each) for each in known.lots),
        origins=tuple(evolve(each, origin=evolve(each.origin)) for each in known.origins),
    )
