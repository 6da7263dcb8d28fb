"""Answers about our account: balances, key, fees."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from adapters.simulator.engine.accounts import VenueAccounts
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.matching_engine import MatchingEngine
from adapters.simulator.engine.store import FillQuery, Store
from adapters.simulator.engine.wire import Json, Refused, Request, one, stamp, whole
from adapters.simulator.rest_api.cursor import decode_cursor, encode_cursor
from domain.model.instants import DAY
from domain.model.money import ZERO, plain

FIAT = ("EUR", "GBP", "USD")
DEFAULT_PAGE = 49
LARGEST_PAGE = 250
_ALL = 1_000_000


@frozen(kw_only=True)
class AccountResource:
    """Everything about our account that its keys may see."""

    ledger: VenueAccounts
    matching: MatchingEngine
    store: Store
    clock: PlayedClock
    ids: Ids
    currencies: tuple[str, ...]
    opened_ns: int

    def list_accounts(self, request: Request) -> Json:
        """Return a page of wallets, by currency."""
        first = decode_cursor(one(request.query, "cursor"))
        limit = min(whole(request.query, "limit") or DEFAULT_PAGE, LARGEST_PAGE)
        page = self.currencies[first : first + limit]
        has_next = first + limit < len(self.currencies)
        return {
            "accounts": [self._account(currency) for currency in page],
            "has_next": has_next,
            "cursor": encode_cursor(first + limit) if has_next else "",
            "size": len(page),
        }

    def get_account(self, _: Request, uuid: str) -> Json:
        """Return one wallet."""
        for currency in self.currencies:
            if self._uuid(currency) == uuid:
                return {"account": self._account(currency)}
        raise Refused(404, "NOT_FOUND", "account was not found")

    def key_permissions(self, request: Request) -> Json:
        """Return what the request's key may do; no key of this venue may transfer."""
        return {
            "can_view": True,
            "can_trade": request.can_trade,
            "can_transfer": False,
            "portfolio_uuid": self.portfolio(),
            "portfolio_type": "DEFAULT",
        }

    def transaction_summary(self, _: Request) -> Json:
        """Return the fee tier and the last 30 days' totals."""
        since = self.clock.now_ns - 30 * DAY
        fills = self.store.find_fills(FillQuery(from_ns=since, limit=_ALL))
        volume = float(sum((fill.price * fill.quantity for fill in fills), ZERO))
        fees = float(sum((fill.commission for fill in fills), ZERO))
        return {
            "total_volume": volume,
            "total_fees": fees,
            "fee_tier": self._tier(),
            "margin_rate": None,
            "goods_and_services_tax": None,
            "advanced_trade_only_volume": volume,
            "advanced_trade_only_fees": fees,
            "coinbase_pro_volume": 0,
            "coinbase_pro_fees": 0,
            "total_balance": plain(self.ledger.total("USD")),
            "has_promo_fee": False,
            "volume_breakdown": [{"volume_type": "VOLUME_TYPE_SPOT", "volume": volume}],
            "has_cost_plus_commission": False,
        }

    def portfolio(self) -> str:
        """Return the id of the one portfolio."""
        return self.ids.uuid("portfolio", "default")

    def _tier(self) -> Json:
        return {
            "pricing_tier": "Intro 1",
            "usd_from": "",
            "usd_to": "",
            "taker_fee_rate": plain(self.matching.planner.fees.taker),
            "maker_fee_rate": plain(self.matching.planner.fees.maker),
            "aop_from": "0",
            "aop_to": "1000000",
            "volume_types_and_range": [
                {"volume_types": ["VOLUME_TYPE_SPOT"], "vol_from": "0", "vol_to": "10000"}
            ],
        }

    def _uuid(self, currency: str) -> str:
        return self.ids.uuid("account", currency)

    def _account(self, currency: str) -> Json:
        def amount(value: Decimal) -> Json:
            return {"value": plain(value), "currency": currency}

        return {
            "uuid": self._uuid(currency),
            "name": f"{currency} Wallet",
            "currency": currency,
            "available_balance": amount(self.ledger.available(currency)),
            "default": True,
            "active": True,
            "created_at": stamp(self.opened_ns),
            "updated_at": stamp(self.opened_ns),
            "deleted_at": None,
            "type": "ACCOUNT_TYPE_FIAT" if currency in FIAT else "ACCOUNT_TYPE_CRYPTO",
            "ready": True,
            "hold": amount(self.ledger.held(currency)),
            "retail_portfolio_id": self.portfolio(),
            "platform": "ACCOUNT_PLATFORM_CONSUMER",
        }
