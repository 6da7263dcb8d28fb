import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from adapters.control.instances import InstanceRunning
from app.command_line.cli import cli, main
from app.command_line.options import Folders
from app.command_line.shell import folder_options
from config.errors import ConfigError
from domain.model.errors import InvariantBroken, JournalError, TradingError, Unreachable

Raise = Callable[[BaseException], None]


@pytest.fixture
def raising() -> Iterator[Raise]:
    """A command `probe` that raises what the test wants."""

    def install(error: BaseException) -> None:
        @cli.command("probe")
        @folder_options
        def probe(folders: Folders) -> int:
            raise error

    yield install
    cli.commands.pop("probe", None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.UsageError("no"), 2),
        (ConfigError(()), 2),
        (JournalError("record 5 is not whole"), 4),
        (InstanceRunning("held by pid 1"), 5),
        (Unreachable("no route"), 1),
        (TradingError("no"), 1),
        (click.Abort(), 1),
        (InvariantBroken("sold more than owned"), 70),
        (RuntimeError("a bug"), 70),
        (MemoryError(), 1),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
    ],
)
def test_errors_have_the_exit_codes_of_the_contract(
    error: BaseException,
    code: int,
    raising: Raise,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raising(error)

    assert main(["probe", "--log-dir", str(tmp_path)]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert captured.err.strip()


def test_a_bug_is_kept_in_a_file_and_named_by_an_id(
    raising: Raise, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(RuntimeError("only in the file"))

    assert main(["--log-dir", str(tmp_path / "logs"), "probe"]) == 70

    (file,) = (tmp_path / "logs" / "incidents").iterdir()
    told = capsys.readouterr().err
    assert file.stem in told
    assert str(file) in told
    assert "only in the file" not in told
    assert "RuntimeError: only in the file" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_bug_is_told_even_if_nothing_can_be_written(
    raising: Raise, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    raising(RuntimeError("x"))

    assert main(["probe", "--log-dir", str(tmp_path / "file" / "logs")]) == 70
    assert "could not be written" in capsys.readouterr().err


def test_folder_options_of_the_command_win_over_those_before_it(tmp_path: Path) -> None:
    seen: list[Folders] = []

    @cli.command("probe")
    @folder_options
    def probe(folders: Folders) -> int:
        seen.append(folders)
        return 0

    try:
        assert main(["--data-dir", "a", "--log-dir", "b", "probe", "--data-dir", "c"]) == 0
    finally:
        cli.commands.pop("probe")
    assert seen == [Folders(config=Path("config"), data=Path("c"), log=Path("b"))]
