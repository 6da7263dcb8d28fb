"""Recorded markets: where they lie, and the form in which Coinbase lists a product."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

DEMO = "demo/coinbase_1m_2023-12-10_2023-12-12.parquet"
RAW = "raw/coinbase_advanced_trade_v3_BTC-ETH_2026-08-09.jsonl.zst"
BTC_FORM: dict[str, Any] = {
    "product_id": "BTC-USD",
    "base_currency_id": "BTC",
    "quote_currency_id": "USD",
    "price_increment": "0.01",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "base_min_size": "0.00000001",
    "base_max_size": "3400",
    "quote_min_size": "1",
    "quote_max_size": "150000000",
}


def shared_data() -> Path:
    """Return the folder of recorded markets, or skip."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("BULKHEAD_SHARED_DATA") or beside)
    if not folder.is_dir():
        pytest.skip("recorded markets are absent: set BULKHEAD_SHARED_DATA to their folder")
    return folder
