"""Bids of one product in a row of minutes, as whole numbers."""

from __future__ import annotations

from attrs import frozen

from domain.model.money import Price


@frozen
class BidColumn:
    """A bid for each minute of a row, in `ticks` of which each is one price `increment`."""

    increment: Price
    ticks: tuple[int, ...]

    def price(self, row: int) -> Price:
        """Return the bid of one minute."""
        return Price(self.ticks[row] * self.increment)
