"""What of the owned lots has to be sold so that what is held is no more than a cap allows.

Pure: lots, prices and caps in, sales out. It only ever looks at lots of this system; what the owner
holds besides is not in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from attrs import field, frozen

from domain.model.money import ZERO, Amount, Price, Quantity, plain
from domain.model.portfolio import Lot
from domain.model.product import Product, ProductId, base_of
from domain.model.settings import number, setting

HUNDRED = Decimal(100)


@frozen(kw_only=True)
class Upkeep:
    """Whether and how fast what is held above a cap is sold; the caps stand elsewhere."""

    enabled: bool = setting(
        False,
        "Whether lots are sold down to a cap that they have grown above, or that was made tighter",
        limits="true, false",
    )
    margin_pct: Decimal = number(
        "0.25",
        "How far above its cap something has to be before it is trimmed, then down to the cap",
        low="0.05",
        high="5",
        unit="% of equity",
    )
    trims_per_round: int = number(2, "Lots that one round sells from at most", low=1, high=5)
    round_seconds: int = number(
        60, "Time between two rounds; longer after rounds that failed", low=30, high=3600, unit="s"
    )


@frozen(kw_only=True)
class TrimCaps:
    """The caps on what is held, in percent of NLV; `themes` maps a theme to its assets and cap.

    They are those of the policy: that a bad market makes room for entries smaller sells nothing.
    """

    total_pct: Decimal
    position_pct: Decimal
    asset_pct: Decimal
    per_asset_pct: Mapping[str, Decimal] = field(factory=dict)
    themes: Mapping[str, tuple[tuple[str, ...], Decimal]] = field(factory=dict)

    def over(self, products: Iterable[ProductId]) -> Iterator[Cap]:
        """Yield the caps on `products`, narrow ones first: what they free counts for the wide."""
        held = frozenset(products)
        for product in sorted(held):
            yield Cap(f"position {product}", self.position_pct, frozenset({product}))
        for asset in sorted({base_of(product) for product in held}):
            cap_pct = min(self.asset_pct, self.per_asset_pct.get(asset, self.asset_pct))
            yield Cap(f"asset {asset}", cap_pct, _of((asset,), held))
        for theme, (assets, cap_pct) in sorted(self.themes.items()):
            yield Cap(f"theme {theme}", cap_pct, _of(assets, held))
        yield Cap("total", self.total_pct, held)


@frozen
class Cap:
    """A cap on some products together, in percent of NLV."""

    name: str
    pct: Decimal
    products: frozenset[ProductId]


@frozen(kw_only=True)
class HeldLots:
    """Lots to trim, with fresh best bids, the catalogue, and the net liquidation value."""

    lots: tuple[Lot, ...]
    bids: Mapping[ProductId, Price]
    products: Mapping[ProductId, Product]
    nlv: Amount | None


@frozen
class Trim:
    """A sale of `quantity` of a lot at best bid `bid`; `why` names the cap, share and limit."""

    lot: Lot
    quantity: Quantity
    bid: Price
    why: str


def trims(held: HeldLots, caps: TrimCaps, upkeep: Upkeep) -> tuple[Trim, ...]:
    """Return the sales of one round, of the oldest lots first; none in doubt.

    Nothing is sold while any lot lacks a price or the NLV is unknown. Something that is above its
    cap by more than the margin is sold down to the cap. A sale is at least the venue's smallest; a
    rest that could not be sold later goes with it.
    """
    lots = sorted((lot for lot in held.lots if lot.held), key=lambda lot: (lot.opened_ns, lot.id))
    is_known = all(lot.product in held.bids and lot.product in held.products for lot in lots)
    if not upkeep.enabled or not is_known or held.nlv is None or not held.nlv > 0:
        return ()
    found: dict[str, Trim] = {}
    for cap in caps.over(lot.product for lot in lots):
        members = [lot for lot in lots if lot.product in cap.products]
        worth = sum((_left(lot, found) * held.bids[lot.product] for lot in members), ZERO)
        share_pct = worth / held.nlv * HUNDRED
        if share_pct > cap.pct + upkeep.margin_pct:
            why = f"{cap.name}: {share_pct:.2f} % of equity held, its cap is {plain(cap.pct)} %"
            excess = worth - held.nlv * cap.pct / HUNDRED
            _cut(members, excess, why, held, found, upkeep.trims_per_round)
    return tuple(found.values())


def _cut(
    members: Iterable[Lot],
    excess: Decimal,
    why: str,
    held: HeldLots,
    found: dict[str, Trim],
    most: int,
) -> None:
    """Add sales of `members` to `found` until `excess` (quote currency) is sold."""
    for lot in members:
        if not excess > 0:
            return
        if lot.id not in found and len(found) >= most:
            continue
        bid = held.bids[lot.product]
        before = lot.held - _left(lot, found)
        quantity = _legal(lot, before + excess / bid, held.products[lot.product], bid)
        if quantity > before:
            found[lot.id] = Trim(lot, quantity, bid, found[lot.id].why if before else why)
            excess -= (quantity - before) * bid


def _legal(lot: Lot, wanted: Decimal, product: Product, bid: Price) -> Quantity:
    """Return the legal sale next to `wanted`, at or above it where the lot has so much; or zero."""
    most = product.sale_of(lot.held)
    least = product.quantity_up(max(product.base_min, product.quote_min / bid))
    if not product.can_sell(most, bid):
        return Quantity(ZERO)
    quantity = min(most, max(least, product.quantity_up(wanted)))
    has_rest = product.can_sell(product.quantity_down(lot.held - quantity), bid)
    return Quantity(quantity if has_rest else most)


def _left(lot: Lot, found: Mapping[str, Trim]) -> Decimal:
    sold = found.get(lot.id)
    return lot.held if sold is None else lot.held - sold.quantity


def _of(assets: Iterable[str], products: Iterable[ProductId]) -> frozenset[ProductId]:
    wanted = frozenset(assets)
    return frozenset(product for product in products if base_of(product) in wanted)
