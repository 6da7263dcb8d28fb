"""What was started with is kept by hash, found again, and bounded; a damaged file is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import app.configuration.history as module
from app.configuration.history import FOLDER, keep, kept_in, newest, starts_of, values_of
from config.loading import load

pytestmark = pytest.mark.req("CH1")
SOURCE = Path(__file__).resolve().parents[4] / "config"
ONE, OTHER = load(SOURCE), load(SOURCE, ["policy.max_order_usd=900"])


def at(second: int) -> str:
    return f"2026-11-29T20:00:{second:02}Z"


def test_what_was_started_with_is_found_again_as_it_was(tmp_path: Path) -> None:
    keep(tmp_path, ONE, SOURCE, (), at(1))
    keep(tmp_path, OTHER, SOURCE, ("policy.max_order_usd=900",), at(2))

    first, last = kept_in(tmp_path)
    assert (first.config_hash, last.config_hash) == (ONE.config_hash, OTHER.config_hash)
    assert (last.sets, last.starts) == (("policy.max_order_usd=900",), (at(2),))
    assert first.files["policy.yaml"] == (SOURCE / "policy.yaml").read_text()
    assert last.values["policy.max_order_usd"] == "900"
    assert dict(first.values) == dict(values_of(ONE))
    assert newest(tmp_path) == last


def test_starts_with_the_same_configuration_share_a_file(tmp_path: Path) -> None:
    for second in (1, 2, 3):
        keep(tmp_path, ONE if second != 2 else OTHER, SOURCE, (), at(second))

    assert len(list((tmp_path / FOLDER).iterdir())) == 2
    told = [(start, each.config_hash) for start, each in starts_of(kept_in(tmp_path))]
    assert told == [
        (at(1), ONE.config_hash),
        (at(2), OTHER.config_hash),
        (at(3), ONE.config_hash),
    ]
    found = newest(tmp_path)
    assert found is not None
    assert found.config_hash == ONE.config_hash


def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_CONFIGS", 1)
    monkeypatch.setattr(module, "KEPT_STARTS", 2)
    for second in (1, 2, 3):
        keep(tmp_path, ONE, SOURCE, (), at(second))
    (one,) = kept_in(tmp_path)
    assert one.starts == (at(2), at(3))

    keep(tmp_path, OTHER, SOURCE, (), at(4))
    (one,) = kept_in(tmp_path)
    assert one.config_hash == OTHER.config_hash


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        "{",
        '{"starts": []}',
        "starts",
        "sets",
        "files",
        "values",
        "config_hash",
        "code",
    ],
)
def test_a_damaged_file_is_none_and_the_next_start_mends_it(tmp_path: Path, damage: str) -> None:
    keep(tmp_path, ONE, SOURCE, (), at(1))
    (file,) = (tmp_path / FOLDER).iterdir()
    if damage.isidentifier():
        document = json.loads(file.read_text())
        for wrong in (None, 7, [7], {"x": 7}):
            file.write_text(json.dumps({**document, damage: wrong}))
            assert kept_in(tmp_path) == () or damage == "values"
    else:
        file.write_text(damage)
        assert kept_in(tmp_path) == ()

    keep(tmp_path, ONE, SOURCE, (), at(2))
    found = newest(tmp_path)
    assert found is not None
    assert found.starts[-1] == at(2)


@pytest.mark.req("SEC1")
def test_no_key_material_is_kept(tmp_path: Path) -> None:
    keep(tmp_path, ONE, SOURCE, ("app.x=eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4eHh4In0.c2ln",), at(1))

    (file,) = (tmp_path / FOLDER).iterdir()
    assert "eyJ" not in file.read_text()
    assert kept_in(tmp_path)


def test_nothing_kept_is_nothing_found(tmp_path: Path) -> None:
    assert kept_in(tmp_path / "nowhere") == ()
    assert newest(tmp_path) is None
