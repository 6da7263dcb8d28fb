"""Place as tests/unit/config/test_used_keys.py once the wiring reads the configuration."""

import re
from pathlib import Path

import pytest

from config.catalogue import Key, keys

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def code() -> str:
    folders = ("app", "actors", "adapters", "domain")
    files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.req("C1")
@pytest.mark.parametrize("key", keys(), ids=lambda key: key.name)
def test_every_key_is_read_outside_the_configuration(key: Key, code: str) -> None:
    assert re.search(rf"\.{key.path[-1]}\b", code), f"nothing reads {key.name}"
