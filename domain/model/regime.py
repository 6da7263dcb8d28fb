"""The state of the whole market, with where it comes from and how old it is."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from attrs import frozen

from domain.model.context import Regime
from domain.model.instants import Nanos
from domain.model.product import ProductId


class Provenance(StrEnum):
    """Where a regime comes from."""

    DETECTED = "detected"
    OPERATOR = "operator"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class RegimeReading:
    """One judgement of the market by `product`'s hourly bars, or by a person.

    `why` says it in a sentence. `bars` hourly bars, the newest ending at `at_ns` (market time),
    gave `trend_pct` over them and the annualised `volatility_pct`. A person's word ends at
    `until_ns`.
    """

    regime: Regime
    provenance: Provenance
    why: str
    product: ProductId
    bars: int = 0
    at_ns: Nanos | None = None
    trend_pct: Decimal | None = None
    volatility_pct: Decimal | None = None
    until_ns: Nanos | None = None
