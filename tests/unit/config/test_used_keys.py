"""No key without a reader (decision: a key that nobody reads is a defect)."""

import re
from pathlib import Path

import pytest

from config.catalogue import Key, keys

READ_BY_CONFIG = "use"
"""Chooses the strategy's class while the configuration is loaded."""
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def code() -> str:
    folders = ("app", "actors", "adapters", "domain")
    files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.req("C1")
@pytest.mark.parametrize(
    "key", [k for k in keys() if k.path[-1] != READ_BY_CONFIG], ids=lambda key: key.name
)
def test_every_key_is_read_outside_the_configuration(key: Key, code: str) -> None:
    assert re.search(rf"\.{key.path[-1]}\b", code), f"nothing reads {key.name}"
