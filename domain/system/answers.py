"""What the venue has answered to one round of questions, and whether it can be gone by."""

from __future__ import annotations

from typing import TypeVar

from domain.messages.venue import (
    AccountsListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)

Answer = PermissionsRead | ProductsListed | FeesRead | AccountsListed | OrdersListed | FillsListed
A = TypeVar(
    "A", PermissionsRead, ProductsListed, FeesRead, AccountsListed, OrdersListed, FillsListed
)


NAMES: dict[type, str] = {
    PermissionsRead: "permissions",
    ProductsListed: "products",
    FeesRead: "fees",
    AccountsListed: "accounts",
    OrdersListed: "orders",
    FillsListed: "fills",
}
"""What people call the kinds of answers."""


def failure_of(answer: Answer) -> str | None:
    """Return why `answer` says less than it was asked for; None: it says everything."""
    if answer.failure is not None:
        return answer.failure
    match answer:
        case PermissionsRead():
            return None
        case FeesRead(maker=maker, taker=taker):
            return "no fee rates" if maker is None or taker is None else None
        case _:
            return None if answer.is_complete else "not every page was read"


class Answers:
    """The newest answer of each kind: one for each question of a round at most."""

    def __init__(self) -> None:
        self._by_kind: dict[type, Answer] = {}

    def keep(self, answer: Answer) -> None:
        """Remember `answer`."""
        self._by_kind[type(answer)] = answer

    def of(self, kind: type[A]) -> A:
        """Return the answer of a kind that was asked for.

        Raises:
            KeyError: it has not been answered.
        """
        answer = self._by_kind[kind]
        assert isinstance(answer, kind)
        return answer

    def clear(self) -> None:
        """Begin a new round."""
        self._by_kind.clear()
