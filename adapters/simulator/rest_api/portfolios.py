"""Answers about portfolios: the one that every key of this venue belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from adapters.simulator.engine.accounts import EXACT, VenueAccounts
from adapters.simulator.engine.catalogue import USDC, Catalogue
from adapters.simulator.engine.history import MarketPast
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.wire import Json, Refused, Request, one
from adapters.simulator.rest_api.account import FIAT, AccountResource
from domain.model.money import ONE, ZERO, plain
from domain.model.product import ProductId

CASH = "USD"
_CASHES = (*FIAT, USDC)
_NO_FUTURES = ("total_futures_balance", "futures_unrealized_pnl", "perp_unrealized_pnl")


@frozen(kw_only=True)
class PortfoliosResource:
    """Portfolios may be read; changing them needs a scope that no key of this venue has."""

    account: AccountResource
    ledger: VenueAccounts
    catalogue: Catalogue
    history: MarketPast
    ids: Ids

    def list_portfolios(self, request: Request) -> Json:
        """Return the portfolio, unless another type is asked for."""
        kind = one(request.query, "portfolio_type")
        return {"portfolios": [self._portfolio()] if kind in (None, "DEFAULT", "UNDEFINED") else []}

    def breakdown(self, _: Request, uuid: str) -> Json:
        """Return balances and positions as display numbers; accounts have the exact ones."""
        if uuid != self.account.portfolio():
            raise Refused(404, "NOT_FOUND", "portfolio was not found")
        worths = {
            currency: EXACT.multiply(self.ledger.total(currency), self._price(currency))
            for currency in self.account.currencies
            if self.ledger.total(currency)
        }
        whole = sum(worths.values(), ZERO)
        cash = sum((worth for name, worth in worths.items() if name in _CASHES), ZERO)
        breakdown: Mapping[str, object] = {
            "portfolio": self._portfolio(),
            "portfolio_balances": {
                "total_balance": _amount(whole),
                "total_cash_equivalent_balance": _amount(cash),
                "total_crypto_balance": _amount(whole - cash),
                "total_equities_balance": _amount(ZERO),
                **{name: _amount(ZERO) for name in _NO_FUTURES},
            },
            "spot_positions": [
                self._position(name, worth, whole) for name, worth in worths.items()
            ],
            "perp_positions": [],
            "futures_positions": [],
            "equity_positions": [],
        }
        return {"breakdown": breakdown}

    def refuse(self, _: Request, uuid: str = "") -> Json:
        """Refuse to change portfolios or move funds."""
        raise Refused(403, "PERMISSION_DENIED", "Missing required scopes")

    def _position(self, currency: str, worth: Decimal, whole: Decimal) -> Json:
        total, free = self.ledger.total(currency), self.ledger.available(currency)
        free_worth = float(EXACT.multiply(free, self._price(currency)))
        return {
            "asset": currency,
            "account_uuid": self.ids.uuid("account", currency),
            "asset_uuid": self.ids.uuid("asset", currency),
            "total_balance_fiat": float(worth),
            "total_balance_crypto": float(total),
            "available_to_trade_fiat": free_worth,
            "available_to_trade_crypto": float(free),
            "available_to_transfer_fiat": free_worth,
            "available_to_transfer_crypto": float(free),
            "allocation": float(worth / whole) if whole else 0.0,
            "cost_basis": _amount(ZERO),
            "average_entry_price": _amount(ZERO),
            "is_cash": currency in _CASHES,
            "unrealized_pnl": 0.0,
            "account_type": "ACCOUNT_TYPE_FIAT" if currency in FIAT else "ACCOUNT_TYPE_CRYPTO",
        }

    def _price(self, currency: str) -> Decimal:
        """Return a currency's price in USD; one without a market here counts nothing."""
        if currency in (CASH, USDC):
            return ONE
        product = ProductId(f"{currency}-{CASH}")
        last = self.history.last_price(product) if product in self.catalogue.played else None
        return ZERO if last is None else last

    def _portfolio(self) -> Json:
        uuid = self.account.portfolio()
        return {"name": "Default", "uuid": uuid, "type": "DEFAULT", "deleted": False}


def _amount(value: Decimal) -> Json:
    return {"value": plain(value), "currency": CASH}
