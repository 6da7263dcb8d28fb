"""What the risk gate is shown in one challenge of the self-test: market, account, and their past.

All of it is invented: one product at 100, and others at 1 of which lots may be owned. A challenge
names only what is different in it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import frozen

from config.effective import Config
from domain.messages.decisions import EntryProposed
from domain.model.breakers import Breaker
from domain.model.context import Regime
from domain.model.instants import DAY, MINUTE, SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import ONE, ZERO, Amount, Price, Quantity, Rate
from domain.model.portfolio import Lot
from domain.model.product import Product, ProductFlags, ProductId, Side
from domain.model.synthetic import SyntheticProposal
from domain.model.universe import Standing
from domain.portfolio.ledger import Ledger
from domain.portfolio.losses import EquityMark
from domain.risk.past_trades import PastTrades
from domain.risk.rules.invalid_proposal import InvalidProposal
from domain.risk.rules.target_below_cost import TargetBelowCost
from domain.risk.sizing import HUNDRED, Sized, size_entry
from domain.risk.throttle import Counted
from domain.risk.view import ApprovedKey
from domain.universe.limits import strictest_first

NOW = Nanos(1_767_225_600 * SECOND)
"""Market time of every challenge: 2026-01-01, a whole minute."""
BAR_NS = Nanos(NOW - MINUTE)
MAKER, TAKER = Rate(Decimal("0.006")), Rate(Decimal("0.012"))
TARGET, HELD = "TARGET", "HELD"
NLV = Decimal(1_000_000)
SHARE_PCT = Decimal("0.01")
"""Size of an entry, of the NLV, where sizes do not matter: no cap binds before its own."""
CENT = Decimal("0.01")
BID, ASK = Decimal(100), Decimal("100.00001")
HELD_BID, HELD_ASK = Decimal("0.9999"), ONE
NOBODY = "selftest"


@frozen(kw_only=True)
class Scene:
    """A moment of trading in which `asset` is to be bought, at `bid` and `ask`.

    `cash` and `lots` are the books, no `cash`: they are not open. `standing`, `flags` and a
    `doubtful` quote are those of the asset's product; `bar_end_ns` is the end of its last bar.
    """

    config: Config
    asset: str = TARGET
    cash: Decimal | None = NLV
    lots: tuple[Lot, ...] = ()
    bid: Decimal = BID
    ask: Decimal = ASK
    confirmed_ns: int = NOW
    bar_end_ns: int | None = NOW
    has_fees: bool = True
    is_ready: bool = True
    regime: Regime = Regime.CHOP
    flags: ProductFlags = ProductFlags()
    standing: Standing | None = None
    is_judged: bool = True
    stalled: str = ""
    doubtful: Quote | None = None
    breakers: tuple[Breaker, ...] = ()
    past_trades: PastTrades = PastTrades()
    approved: tuple[ApprovedKey, ...] = ()
    counted: tuple[Counted, ...] = ()
    past_equity: tuple[EquityMark, ...] = ()
    """If there is any, losses are watched."""
    more: tuple[str, ...] = ()
    """Further assets that may be bought at the same price."""

    @property
    def currency(self) -> str:
        """Return what is paid with."""
        return self.config.app.quote.value

    def of(self, asset: str) -> ProductId:
        """Return the product of an asset in our currency."""
        return ProductId(f"{asset}-{self.currency}")

    @property
    def wanted(self) -> ProductId:
        """Return the product that is to be bought."""
        return self.of(self.asset)

    @property
    def tier(self) -> str:
        """Return the tier that every product of the scene is in."""
        return next(iter(strictest_first(self.config.universe.tiers)))

    @property
    def owned(self) -> tuple[ProductId, ...]:
        """Return the products of which lots are owned."""
        return tuple(dict.fromkeys(lot.product for lot in self.lots))

    @property
    def ledger(self) -> Ledger | None:
        """Return the books; what was paid in counts as nothing, so that no allotment binds."""
        if self.cash is None:
            return None
        return Ledger(
            quote_currency=self.currency,
            opening_cash=Amount(ZERO),
            cash=Amount(self.cash),
            lots=self.lots,
        )

    def product(self, product: ProductId) -> Product:
        """Return a product of the catalogue, in fine steps and almost without a minimum."""
        base, _, quote = product.rpartition("-")
        return Product(
            id=product,
            base=base,
            quote=quote,
            price_increment=Decimal("0.00000001"),
            base_increment=Decimal("0.00000001"),
            quote_increment=CENT,
            base_min=Decimal("0.00000001"),
            base_max=Decimal(10**12),
            quote_min=CENT,
            quote_max=Decimal(10**12),
            flags=self.flags if product == self.wanted else ProductFlags(),
        )

    def quote(self, product: ProductId) -> Quote:
        """Return the quote of a product."""
        if product == self.wanted and self.doubtful is not None:
            return self.doubtful
        is_held = product in self.owned and product != self.wanted
        bid, ask = (HELD_BID, HELD_ASK) if is_held else (self.bid, self.ask)
        at_ns = Nanos(self.confirmed_ns if product == self.wanted else NOW)
        size = Quantity(Decimal(1000))
        return Quote(product, Price(bid), size, Price(ask), size, at_ns, at_ns)

    @property
    def products(self) -> tuple[ProductId, ...]:
        """Return every product of the scene."""
        more = (self.of(each) for each in self.more)
        return tuple(dict.fromkeys((self.wanted, *more, *self.owned)))

    def standing_of(self, product: ProductId) -> Standing:
        """Return where a product stands in the universe."""
        if product == self.wanted and self.standing is not None:
            return self.standing
        return Standing(product=product, tier=self.tier, depth=Decimal(10**12))


def strategy_of(config: Config) -> str:
    """Return the strategy that proposes: one that the configuration knows, if there is any."""
    return min(config.strategies, default=NOBODY)


def lot_of(product: ProductId, quantity: Decimal, owner: str, number: int = 1) -> Lot:
    """Return a lot of so much."""
    cost = Amount(quantity)
    return Lot(
        id=f"{product}-{number}",
        product=product,
        strategy=owner,
        quantity=Quantity(quantity),
        cost=cost,
        paid=cost,
        stop_price=Price(CENT),
        target_price=None,
        opened_ns=Nanos(NOW - DAY),
        expires_ns=None,
    )


def asked(scene: Scene, *, asset: str = "", bar_ns: int = BAR_NS, **changes: Any) -> EntryProposed:
    """Return a synthetic entry that is as good as the policy can want, but for `changes`."""
    config = scene.config
    bounds, cost = config.policy.rule(InvalidProposal), config.policy.rule(TargetBelowCost)
    needed = cost.min_reward_ratio * 10
    values: dict[str, Any] = {
        "product": scene.of(asset or scene.asset),
        "side": Side.BUY,
        "notional_pct": min(SHARE_PCT, bounds.max_notional_pct),
        "stop_loss_pct": bounds.min_stop_pct,
        "take_profit_pct": min(max(bounds.min_target_pct, needed), bounds.max_target_pct),
        "conviction": ONE,
        "strategy": strategy_of(config),
        **changes,
    }
    strategy = values.pop("strategy")
    return EntryProposed(strategy, SyntheticProposal(**values), Nanos(bar_ns))


def cost_of(scene: Scene, entry: EntryProposed, nlv: Decimal = NLV) -> Decimal:
    """Return what an entry costs at worst, sized as the gate sizes it; 0 where it has no size."""
    limits = scene.config.universe.tiers[scene.tier]
    most = Amount(nlv * limits.position_pct / HUNDRED)
    sized = size_entry(
        entry.proposal,
        scene.product(scene.wanted),
        scene.quote(scene.wanted),
        Amount(nlv),
        TAKER,
        scene.regime.multiplier,
        scene.config.policy.execution.entry_offset_bps,
        most,
        most,
    )
    return sized.worst_case if isinstance(sized, Sized) else ZERO


def net_of(lot: Lot) -> Decimal:
    """Return what a lot that stands at 1 adds to the NLV."""
    return lot.quantity * HELD_BID * (ONE - TAKER)
