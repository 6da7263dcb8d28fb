"""`--shadow DIR`: whatever is in DIR, it is a configuration or nothing is started."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.command_line.cli import main
from tests.builders.keys import WHOLE
from tests.builders.world import CONFIG

Damage = Callable[[Path], None]


def a_folder(parent: Path, damage: Damage) -> Path:
    """Return a copy of the shipped configuration, with `damage` done to it."""
    folder = parent / "other"
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("*.py*", "__*"))
    damage(folder)
    return folder


def appended(file: str, text: str) -> Damage:
    """Return the damage of more text at the end of a file."""

    def damage(folder: Path) -> None:
        with (folder / file).open("a") as out:
            out.write(text)

    return damage


def without(*names: str) -> Damage:
    """Return the damage of missing files."""

    def damage(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return damage


def in_another_currency(folder: Path) -> None:
    file = folder / "app.yaml"
    file.write_text(
        file.read_text().replace("quote: USD ", "quote: USDC ").replace("USD:", "USDC:")
    )


def in_no_language(folder: Path) -> None:
    (folder / "app.yaml").write_bytes(b"\xff\xfe")


@pytest.mark.req("SH1", "C1")
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (shutil.rmtree, "file is missing"),
        (without("app.yaml", "policy.yaml", "universe.yaml", "strategies.yaml"), "file is missing"),
        (without("policy.yaml"), "policy.yaml"),
        (appended("app.yaml", "\n: ["), "app.yaml"),
        (appended("policy.yaml", "\nceiling: 3\n"), "policy.ceiling"),
        (appended("strategies.yaml", "\nsecond: {use: breakuot, enabled: true}\n"), "breakuot"),
        (in_no_language, "is not UTF-8"),
        (in_another_currency, "both decide on one market"),
    ],
    ids=[
        "absent",
        "empty",
        "a file less",
        "damaged",
        "unknown key",
        "unknown use",
        "bytes",
        "quote",
    ],
)
def test_a_shadow_by_what_is_no_configuration_starts_nothing(
    damage: Damage,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = a_folder(tmp_path, damage)

    folders = [f"--data-dir={tmp_path / 'data'}", f"--log-dir={tmp_path / 'logs'}"]
    code = main(["--env", "paper", "--shadow", str(folder), *folders])

    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert words in told.err
    assert str(folder) in told.err or "--shadow" in told.err
    assert not (tmp_path / "data").exists()


@pytest.mark.req("SH1")
def test_a_file_is_no_folder_of_a_shadow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.yaml"
    file.touch()

    assert main(["--env", "paper", "--shadow", str(file), f"--data-dir={tmp_path / 'data'}"]) == 2
    assert "Not a directory" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.mark.req("SH1", "SEC1")
def test_a_key_in_the_folder_of_a_shadow_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_folder(tmp_path, appended("app.yaml", f"# {WHOLE}"))

    assert main(["--env", "paper", "--shadow", str(folder), f"--data-dir={tmp_path / 'data'}"]) == 4
    told = capsys.readouterr().err
    assert f"secrets: {folder / 'app.yaml'}:" in told
    assert not (tmp_path / "data").exists()
