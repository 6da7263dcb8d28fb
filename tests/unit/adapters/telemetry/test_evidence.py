"""Deeds that are on record: the newest counts, and nothing that is odd does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.telemetry.evidence import CHECKED, FILE, ROTATED, Evidence, EvidenceBook
from domain.model.instants import DAY, Nanos
from tests.builders.keys import EC
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("CL1", "SEC2")

DEED = Evidence(kind=CHECKED, of="http://127.0.0.1:1", at_ns=NOW, is_good=True, told="12 steps")


def test_the_newest_deed_of_a_kind_counts(tmp_path: Path) -> None:
    book = EvidenceBook(tmp_path / "data")
    for days, is_good in ((2, True), (1, False)):
        book.add(evolve(DEED, at_ns=Nanos(NOW - days * DAY), is_good=is_good))
    book.add(evolve(DEED, kind=ROTATED))
    book.add(evolve(DEED, of="elsewhere"))

    found = book.newest(CHECKED, DEED.of, NOW)

    assert found == evolve(DEED, at_ns=Nanos(NOW - DAY), is_good=False)


def test_a_deed_of_tomorrow_is_none(tmp_path: Path) -> None:
    book = EvidenceBook(tmp_path)
    book.add(evolve(DEED, at_ns=Nanos(NOW + DAY)))

    assert book.newest(CHECKED, None, NOW) is None


def test_where_nothing_was_done_there_is_none(tmp_path: Path) -> None:
    assert EvidenceBook(tmp_path).newest(CHECKED, None, NOW) is None


def test_a_line_that_power_cut_off_costs_itself(tmp_path: Path) -> None:
    book = EvidenceBook(tmp_path)
    (tmp_path / FILE).write_text('{"kind": "venue chec')
    book.add(DEED)
    book.add(DEED)

    assert book.all_of(CHECKED) == (DEED, DEED)


def test_a_key_never_gets_into_it(tmp_path: Path) -> None:
    EvidenceBook(tmp_path).add(evolve(DEED, told=f"it said {EC}"))

    assert EC.splitlines()[1] not in (tmp_path / FILE).read_text()
    assert (tmp_path / FILE).stat().st_mode & 0o77 == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
MEMBERS = st.sampled_from(["kind", "of", "at", "ok", "told"])


@given(odd=st.dictionaries(MEMBERS, JSON, min_size=1))
def test_whatever_stands_in_a_line_is_a_deed_or_none(
    odd: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("book")
    book = EvidenceBook(folder)
    book.add(DEED)
    row = json.loads((folder / FILE).read_text()) | odd
    (folder / FILE).write_text(json.dumps(row) + "\n")

    for each in book.all_of(CHECKED):
        assert isinstance(each.told, str)
        assert isinstance(each.is_good, bool)
