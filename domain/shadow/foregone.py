"""The ledger of what was not bought: each refused entry, filled and sold on paper by live prices.

Fills, prices and fees are those of the shadow. A wish that is refused again while its first is
still followed is the same wish; it counts for the rule that was named first.
"""

from __future__ import annotations

from attrs import define, frozen

from domain.messages.decisions import ProposalRefused
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.supervision import BootCompleted
from domain.model.approval import Limit, Purpose
from domain.model.foregone import ForegoneTrades, RefusedEntry
from domain.model.instants import Nanos
from domain.model.money import ONE, Amount, Price, fee, notional
from domain.model.product import ProductId, Side
from domain.shadow.fills import Fees, Touch, price_at

MOST = 200
"""Wishes that are followed at a time; what is refused beyond is not followed."""
HUNDRED = 100
Key = tuple[str, str]
"""Rule and strategy."""


@define
class _Wish:
    """A refused entry: waiting until `ends_ns` while `cost` is None, owned until then after."""

    rule: str
    entry: RefusedEntry
    ends_ns: Nanos
    cost: Amount | None = None
    paid: Price = Price(ONE)
    proceeds: Amount = Amount(ONE)


@frozen(kw_only=True)
class Watched:
    """What has to happen before anything changes about what is followed of a product.

    A bid at `low` or below, one at `high` or above, or the instant `ends_ns`. `high` is None where
    nothing is owned: what waits is bought at `low` at the highest.
    """

    low: Price
    high: Price | None
    ends_ns: Nanos


class ForegoneLedger:
    """Follows wishes by the prices of their products; instants are market time.

    Bounds: `MOST` wishes, one a rule, strategy and product, and one sum a rule.
    """

    def __init__(self) -> None:
        self._fees: Fees | None = None
        self._wishes: dict[ProductId, dict[Key, _Wish]] = {}
        self._sums: dict[str, ForegoneTrades] = {}

    def learn(self, news: object) -> None:
        """Take note of what the account pays; before that nothing is followed."""
        if isinstance(news, BootCompleted):
            self._fees = Fees(news.maker_rate, news.taker_rate)

    def refuse(self, refused: ProposalRefused, at_ns: Nanos) -> None:
        """Follow what was refused, if it was an entry of a size and is not followed already."""
        wanted = refused.wanted
        if refused.purpose is not Purpose.ENTRY or wanted is None or self._fees is None:
            return
        rule = refused.refusals[0].reason
        known = self._wishes.get(refused.product, {})
        if (rule, refused.strategy) in known or sum(map(len, self._wishes.values())) >= MOST:
            return
        wish = _Wish(rule, wanted, Nanos(at_ns + wanted.lifetime_ns))
        self._wishes.setdefault(refused.product, {})[rule, refused.strategy] = wish

    def take(self, moved: QuoteMoved | BidMoved) -> None:
        """Fill and sell what was wanted of a product at its new price, unless that is doubted."""
        seen = moved.quote if isinstance(moved, QuoteMoved) else moved
        wishes = self._wishes.get(seen.product)
        if not wishes or self._fees is None or seen.doubt is not None:
            return
        ask = moved.quote.ask if isinstance(moved, QuoteMoved) else None
        touch = Touch(bid=seen.bid, ask=ask, at_ns=seen.confirmed_ns)
        for key in tuple(wishes):
            if self._is_over(wishes[key], touch, self._fees):
                del wishes[key]
        if not wishes:
            del self._wishes[seen.product]

    def watched(self, product: ProductId) -> Watched | None:
        """Return what can change anything about a product; None: nothing of it is followed."""
        wishes = self._wishes.get(product, {}).values()
        if not wishes:
            return None
        owned = [each for each in wishes if each.cost is not None]
        lows = [each.entry.limit_price for each in wishes if each.cost is None]
        lows += [_limits(each)[0] for each in owned]
        return Watched(
            low=max(lows),
            high=min((_limits(each)[1] for each in owned), default=None),
            ends_ns=min(each.ends_ns for each in wishes),
        )

    def rows(self) -> tuple[ForegoneTrades, ...]:
        """Return what each rule has cost or saved, by its code."""
        found = dict(self._sums)
        for wishes in self._wishes.values():
            for wish in wishes.values():
                if wish.cost is not None:
                    open_now = ForegoneTrades(
                        rule=wish.rule, open=1, unrealised=Amount(wish.proceeds - wish.cost)
                    )
                    found[wish.rule] = found.get(wish.rule, _none(wish.rule)) + open_now
        return tuple(found[rule] for rule in sorted(found))

    def _is_over(self, wish: _Wish, touch: Touch, fees: Fees) -> bool:
        if wish.cost is None:
            if touch.at_ns >= wish.ends_ns:
                self._add(ForegoneTrades(rule=wish.rule, unfilled=1))
                return True
            _buy(wish, touch, fees)
        if wish.cost is None:
            return False
        worth = notional(touch.bid, wish.entry.quantity)
        wish.proceeds = Amount(worth - fee(worth, fees.taker))
        stop, target = _limits(wish)
        if stop < touch.bid < target and touch.at_ns < wish.ends_ns:
            return False
        earned = Amount(wish.proceeds - wish.cost)
        self._add(ForegoneTrades(rule=wish.rule, closed=1, earned=earned))
        return True

    def _add(self, more: ForegoneTrades) -> None:
        self._sums[more.rule] = self._sums.get(more.rule, _none(more.rule)) + more


def _buy(wish: _Wish, touch: Touch, fees: Fees) -> None:
    """Buy what was wanted, if it trades at these prices."""
    entry = wish.entry
    limit = Limit(price=entry.limit_price, post_only=entry.post_only, lifetime_ns=entry.lifetime_ns)
    found = price_at(Side.BUY, limit, touch)
    if found is None:
        return
    price, is_maker = found
    worth = notional(price, entry.quantity)
    wish.cost = Amount(worth + fee(worth, fees.maker if is_maker else fees.taker))
    wish.paid, wish.ends_ns = price, Nanos(touch.at_ns + entry.max_hold_ns)


def _limits(wish: _Wish) -> tuple[Price, Price]:
    """Return stop and target of a wish that is owned."""
    stop = wish.paid * (ONE - wish.entry.stop_loss_pct / HUNDRED)
    target = wish.paid * (ONE + wish.entry.take_profit_pct / HUNDRED)
    return Price(stop), Price(target)


def _none(rule: str) -> ForegoneTrades:
    return ForegoneTrades(rule=rule)
