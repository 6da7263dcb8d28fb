"""What the rules did not decide: what may be traded, for how much, and how entries are worked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import field, frozen

from domain.model.instants import Nanos
from domain.model.money import Amount
from domain.risk.working import Working
from domain.universe.limits import Tiers


@frozen(kw_only=True)
class Mandate:
    """What several rules and the sizing share; each limit of one rule stands in that rule.

    `allotment` is the quote currency that may be used, None for all of it. `themes` maps a theme to
    its assets, `tiers` a tier of the universe to its limits. `budget_pct` is what each strategy may
    have at risk, in percent of NLV, `trades_per_cycle` how many entries it may have of one
    decision. A resting entry lives for `lifetime_ns`, a lot for
    `max_hold_ns` or what `holds_ns` says of its strategy, all market time; strategies of `pyramids`
    may buy more of what they hold. A buy rests
    `entry_offset_bps` below the best bid, or crosses if that is negative; `working` says what
    becomes of one that the market leaves.
    """

    quote_currency: str
    allotment: Amount | None
    themes: Mapping[str, tuple[str, ...]]
    tiers: Tiers
    never_trade: frozenset[str]
    budget_pct: Mapping[str, Decimal]
    trades_per_cycle: Mapping[str, int]
    entry_offset_bps: Decimal
    lifetime_ns: Nanos
    max_hold_ns: Nanos
    holds_ns: Mapping[str, Nanos] = field(factory=dict)
    pyramids: frozenset[str] = frozenset()
    working: Working = Working()

    def hold_of(self, strategy: str) -> Nanos:
        """Return how long a lot of this strategy is held at most."""
        return self.holds_ns.get(strategy, self.max_hold_ns)
