"""Certificates of every kind, for the portfolio and the program of a test."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import evolve

from domain.model.instants import DAY, Nanos
from domain.model.money import Rate
from domain.system.certificate import STAND_IN, Certificate, CertifiedPlace
from tests.builders.messages import NOW

PORTFOLIO = "8a7d0a3e-0000-4000-8000-000000000001"
CODE, EVIDENCE = "c" * 64, "e" * 64
PLACE = CertifiedPlace(venue="coinbase", environment=STAND_IN, portfolio=PORTFOLIO, code=CODE)


def a_certificate(**changes: Any) -> Certificate:
    """Return one that was issued a day ago and is good for a month."""
    whole = Certificate(
        policy_hash="0123456789abcdef",
        code=CODE,
        venue="coinbase",
        environment=STAND_IN,
        portfolio=PORTFOLIO,
        issued_ns=Nanos(NOW - DAY),
        expires_ns=Nanos(NOW + 29 * DAY),
        evidence=EVIDENCE,
        maker=Rate(Decimal("0.006")),
        taker=Rate(Decimal("0.012")),
        values={"policy.caps.total_pct": "15", "policy.loop.interval_seconds": 60},
    )
    return evolve(whole, **changes)
