"""A head that was told in words is read again; one that a person types is refused unless whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.system.journal_head import head_in_words, read_head, typed_head

pytestmark = pytest.mark.req("AUD1")

DIGITS = "0123456789abcdef"
HASH = "5f0c3a9d41b2c6e7" * 4


@given(
    st.text(DIGITS, min_size=32, max_size=32),
    st.integers(1, 10**17),
    st.text(DIGITS, min_size=64, max_size=64),
)
def test_what_was_told_in_words_is_read_again(lineage: str, seq: int, digest: str) -> None:
    told = f"it lives: equity 1.00 USD, {head_in_words(lineage, seq, digest)}; see status"

    assert read_head(told) == (lineage[:8], seq, digest)


@pytest.mark.parametrize("text", ["", "it lives", "journal ab at record 1, hash cd"])
def test_words_without_a_head_tell_none(text: str) -> None:
    assert read_head(text) is None


def test_a_person_may_type_the_beginning_of_a_hash() -> None:
    assert typed_head(f" 812:{HASH[:16].upper()} ") == (812, HASH[:16])
    assert typed_head(f"1:{HASH}") == (1, HASH)


@pytest.mark.parametrize("text", ["", "812", f"0:{HASH}", f"812:{HASH[:15]}", f"x:{HASH}", "1:zz"])
def test_what_is_no_whole_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected RECORD:HASH"):
        typed_head(text)
