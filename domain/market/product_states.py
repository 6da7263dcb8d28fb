"""What each product is open for: by the list of products, and by the `status` channel.

The list has every flag and is read now and then; the channel has the status and says it at once.
What the channel says and the list does not is unknown until the list has it too, and so is what a
list lacks, and every product while there is no list: unknown flags block entries, and lots are
sold by what is known.
Deterministic and without a clock.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from domain.model.product import (
    DELISTED,
    NOT_LISTED,
    NOT_READ,
    ONLINE,
    Product,
    ProductFlags,
    ProductId,
)


class ProductStates:
    """The products of the start as they are now; those that are listed later are not in it."""

    def __init__(self) -> None:
        # One entry a product of the start in each.
        self._listed: dict[ProductId, Product] = {}
        self._heard: dict[ProductId, ProductFlags] = {}
        self._missing: frozenset[ProductId] = frozenset()
        self._is_read = True
        self._told: tuple[Product, ...] = ()

    def begin(self, products: Iterable[Product]) -> None:
        """Take these products, as they were listed at the start."""
        self._listed = {each.id: each for each in products}
        self._told = self.products

    def listed(self, products: Iterable[Product]) -> tuple[Product, ...]:
        """Take in a whole list; return the products as they are now.

        One that is not in the list stays known, and that it is not is unknown of it: a lot of it
        may still be there to be sold, and the list may lack what could not be read.
        """
        now = {each.id: each for each in products if each.id in self._listed}
        self._missing = frozenset(
            name
            for name, known in self._listed.items()
            if name not in now and known.flags.status != DELISTED
        )
        self._listed |= now
        self._is_read = True
        self._told = self.products
        return self._told

    def unread(self) -> tuple[Product, ...]:
        """The list could not be read; return the products if that is news, else nothing."""
        self._is_read = False
        return self._news()

    def heard(self, product: ProductId, flags: ProductFlags) -> tuple[Product, ...]:
        """Take in what the channel says; return the products if anything changed, else nothing."""
        if product in self._listed:
            self._heard[product] = flags
        return self._news()

    def deaf(self) -> None:
        """The channel begins anew: what was told of it stands until there are news."""
        self._heard.clear()

    @property
    def products(self) -> tuple[Product, ...]:
        """Return the products as they are now."""
        return tuple(self._joined(each) for each in self._listed.values())

    @property
    def is_contradicted(self) -> bool:
        """Tell whether list and channel say different things of some product."""
        return any(
            flags.status != self._listed[name].flags.status or self._more(name)
            for name, flags in self._heard.items()
        )

    def _news(self) -> tuple[Product, ...]:
        now = self.products
        if now == self._told:
            return ()
        self._told = now
        return now

    def _joined(self, product: Product) -> Product:
        unknown = list(self._more(product.id))
        if product.id in self._missing:
            unknown.append(NOT_LISTED)
        if not self._is_read:
            unknown.append(NOT_READ)
        if not unknown:
            return product
        flags = evolve(product.flags, unknown=(*product.flags.unknown, *unknown))
        return evolve(product, flags=flags)

    def _more(self, product: ProductId) -> tuple[str, ...]:
        """Return what the channel says that the list does not."""
        heard, flags = self._heard.get(product), self._listed[product].flags
        if heard is None:
            return ()
        more = [name for name in heard.switched if name not in flags.switched]
        more += [name for name in heard.unknown if name not in flags.unknown]
        if heard.status not in (ONLINE, flags.status):
            more.append(heard.status or "no status")
        return tuple(f"{name} by the status channel" for name in more)
