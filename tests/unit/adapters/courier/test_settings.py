"""Settings go through a pipe as a line and come out the same; URLs are not shown."""

from __future__ import annotations

from pathlib import Path

from adapters.courier.settings import CourierSettings, read_settings, write_settings
from domain.model.breakers import Severity

SETTINGS = CourierSettings(
    log=Path("/logs"),
    mode_folder=Path("/data/paper"),
    world="default",
    mode="paper",
    pid=4711,
    begun_ns=5,
    least=Severity.CRITICAL,
    urls=("https://x.example/T0KEN", "mailto://a@b"),
    heartbeat="https://hc.example/T0KEN",
    quiet_after_s=180.0,
    problems=("one is none",),
)


def test_settings_come_out_as_they_went_in() -> None:
    line = write_settings(SETTINGS)

    assert read_settings(line) == SETTINGS
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")


def test_no_url_is_shown() -> None:
    assert "T0KEN" not in repr(SETTINGS)
