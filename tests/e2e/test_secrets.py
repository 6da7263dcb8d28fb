"""A key gets nowhere: the start is refused where one lies about, and no file or stream shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.checkout import Checkout
from tests.builders.keys import EC, KEYS, WHOLE, shreds

TRADE = ("--env", "paper", "--speed=max", "--cycles=1", "--no-dashboard")


@pytest.mark.req("SEC1")
def test_a_key_in_config_checkout_strategies_or_command_line_refuses_the_start(
    tmp_path: Path,
) -> None:
    checkout = Checkout(tmp_path / "here")
    for place, name in (
        (checkout.root, "cdp_api_key.json"),
        (checkout.root / "config", "app.yaml"),
        (checkout.root / "strategies", "mine.py"),
        (checkout.root / "docs" / "notes", "todo.txt"),
    ):
        place.mkdir(parents=True, exist_ok=True)
        file = place / name
        before = file.read_text() if file.exists() else ""
        file.write_text(f"{before}\n{KEYS['key file']}\n")

        done = checkout.run(*TRADE)

        assert (done.returncode, done.stdout) == (4, "")
        assert f"secrets: {file}:" in done.stderr
        assert not checkout.data.exists(), "nothing was started"
        file.write_text(before)
        if not before:
            file.unlink()

    done = checkout.run(*TRADE, f"--set=app.quote={WHOLE}")
    assert (done.returncode, "secrets: --set #1" in done.stderr) == (4, True)
    assert not any(each in done.stderr for each in shreds(WHOLE))


@pytest.mark.req("SEC1", "SUP1")
def test_no_file_and_no_stream_shows_a_key_that_a_strategy_dies_of(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "here")
    assert checkout.run("strategy", "new", "leaky").returncode == 0
    file = checkout.root / "strategies" / "leaky.py"
    text = f"{EC}\n{WHOLE}"
    cause = f"raise ValueError({text[::-1]!r}[::-1])"
    file.write_text(file.read_text().replace("return self._climb().column(bars) > 0", cause))

    traded = checkout.run(*TRADE, "--set=strategies.leaky.enabled=true", "--duration=5m")
    killed = checkout.run("kill", "--reason", f"somebody has {text}")
    said = [traded, killed]
    said += [checkout.run(*each) for each in (("status",), ("status", "--json"), ("logs",))]
    said += [checkout.run(*each) for each in (("alerts", "list"), ("why", "BTC-USD"), ("report",))]

    assert "ValueError" in traded.stderr
    assert checkout.run("audit", "verify").returncode == 0
    file.unlink()
    files = [each for each in checkout.root.rglob("*") if each.is_file()]
    texts = [each.read_bytes().decode("utf-8", "replace") for each in files]
    texts += [each.stdout + each.stderr for each in said]
    leaks = {
        place: one
        for place, one in zip([*files, *(str(done.args) for done in said)], texts, strict=True)
        if any(each in one for each in shreds(text))
    }
    assert leaks == {}
    assert sum("[secret removed]" in one for one in texts) >= 5
