"""What the sentinel begins with: the trader's key, from where the trader has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.sentinel.main import key_of
from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET
from tests.builders.keys import KEYS, WHOLE

pytestmark = pytest.mark.req("K1", "SEC1")


def test_a_key_is_read_from_its_file_or_where_there_is_none_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key.json"
    file.write_text(KEYS["key file"])
    file.chmod(0o600)
    monkeypatch.delenv(FILE, raising=False)
    monkeypatch.setenv(NAME, "of the environment")
    monkeypatch.setenv(SECRET, WHOLE)

    assert key_of(file).name == "mine"
    assert key_of(None).name == "of the environment"


def test_a_key_that_can_not_be_used_is_told_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (FILE, NAME, SECRET):
        monkeypatch.delenv(name, raising=False)

    for file in (tmp_path / "absent.json", None):
        with pytest.raises(KeyInvalid):
            key_of(file)
