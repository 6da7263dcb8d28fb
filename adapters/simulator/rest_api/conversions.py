"""Answers about conversions between US dollars and USDC."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from adapters.simulator.engine.conversions import VenueConversion, VenueConversions
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.ticket import plain_number, required_text
from adapters.simulator.engine.wire import Json, Request, decode_object, invalid, one
from adapters.simulator.rest_api.account import FIAT
from domain.model.money import ZERO, plain


@frozen(kw_only=True)
class ConversionsResource:
    """Conversions may be quoted, carried out and looked at."""

    conversions: VenueConversions
    ids: Ids

    def quote(self, request: Request) -> Json:
        """Say what a conversion would bring; nothing moves."""
        body = decode_object(request.body)
        source, target = required_text(body, "from_account"), required_text(body, "to_account")
        amount = plain_number(body.get("amount"))
        if amount is None:
            raise invalid("amount must be a plain decimal")
        return {"trade": self._form(self.conversions.quote(source, target, amount))}

    def commit(self, request: Request, trade_id: str) -> Json:
        """Carry out what was quoted."""
        body = decode_object(request.body)
        source, target = required_text(body, "from_account"), required_text(body, "to_account")
        return {"trade": self._form(self.conversions.commit(trade_id, source, target))}

    def get(self, request: Request, trade_id: str) -> Json:
        """Return one conversion; the question names both currencies again."""
        source, target = one(request.query, "from_account"), one(request.query, "to_account")
        if source is None or target is None:
            raise invalid("from_account and to_account are needed")
        return {"trade": self._form(self.conversions.find(trade_id, source, target))}

    def _form(self, trade: VenueConversion) -> Json:
        given, got = _amount(trade.amount, trade.source), _amount(trade.amount, trade.target)
        return {
            "id": trade.trade_id,
            "status": trade.status.value,
            "user_entered_amount": given,
            "amount": given,
            "subtotal": given,
            "total": got,
            "fees": [],
            "total_fee": {
                "title": "Coinbase fee",
                "description": "",
                "amount": _amount(ZERO, trade.source),
                "label": "",
                "disclosure": None,
                "waived_details": None,
            },
            "source": self._side(trade.source),
            "target": self._side(trade.target),
            "unit_price": {
                "target_to_source": {"amount": _amount(Decimal(1), trade.source), "scale": 0}
            },
            "user_warnings": [],
            "user_reference": trade.trade_id[:8].upper(),
            "source_currency": trade.source,
            "target_currency": trade.target,
            "cancellation_reason": None,
            "source_id": self.ids.uuid("account", trade.source),
            "target_id": self.ids.uuid("account", trade.target),
            "exchange_rate": _amount(Decimal(1), trade.target),
            "tax_details": [],
            "trade_incentive_info": None,
            "total_fee_without_tax": None,
            "fiat_denoted_total": _amount(trade.amount, "USD"),
        }

    def _side(self, currency: str) -> Json:
        account = {"account_id": self.ids.uuid("account", currency), "currency": currency}
        return {
            "type": "FIAT_ACCOUNT" if currency in FIAT else "LEDGER_ACCOUNT",
            "network": "",
            "ledger_account": {**account, "owner": None},
        }


def _amount(value: Decimal, currency: str) -> Json:
    return {"value": plain(value), "currency": currency}
