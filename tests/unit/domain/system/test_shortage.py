"""What has run out is told from what is wrong."""

from __future__ import annotations

import errno

import pytest

from domain.model.errors import JournalError
from domain.system.shortage import NUMBERS, is_shortage

pytestmark = pytest.mark.req("SUP1")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("can't start new thread"),
        *[OSError(number, "") for number in sorted(NUMBERS)],
    ],
)
def test_what_has_run_out_is_a_shortage_whatever_wraps_it(error: Exception) -> None:
    wrapped = JournalError("the journal can't be written")
    wrapped.__cause__ = error

    assert is_shortage(error)
    assert is_shortage(wrapped)


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), RuntimeError("x"), OSError(errno.EACCES, ""), OSError(), KeyError(), None],
)
def test_everything_else_is_not(error: Exception | None) -> None:
    assert not is_shortage(error)
