"""The secrets of a world are nobody else's, and the admin token stays the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator.server.keys import secrets_of


@pytest.mark.req("SEC1")
def test_the_folder_is_private_even_where_it_was_not(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)

    secrets = secrets_of(tmp_path)

    assert secrets.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.req("SEC1")
def test_the_admin_token_is_drawn_once_and_private(tmp_path: Path) -> None:
    token = secrets_of(tmp_path).admin_token()

    assert secrets_of(tmp_path).admin_token() == token
    assert len(bytes.fromhex(token)) == 32
    assert secrets_of(tmp_path).admin.stat().st_mode & 0o777 == 0o600


def test_two_worlds_have_two_tokens(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()

    tokens = {secrets_of(tmp_path / name).admin_token() for name in ("one", "two")}

    assert len(tokens) == 2
