"""The longest tests begin first, so that the workers end together."""

from __future__ import annotations

import pytest

LONGEST = ("test_drills.py", "test_sigkill.py", "test_threads.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; the others keep their order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
