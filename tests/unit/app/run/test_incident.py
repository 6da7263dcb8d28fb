"""A bug of ours becomes a file for us and two lines for the user."""

from __future__ import annotations

from pathlib import Path

from app.run.incident import record_incident

SECRET = "the balance is 4711"


def met() -> BaseException:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        return error


def test_the_traceback_is_in_the_file_and_not_in_what_the_user_reads(tmp_path: Path) -> None:
    incident = record_incident(met(), tmp_path)

    assert incident.file is not None
    text = incident.file.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert SECRET in text
    assert incident.id in text
    assert incident.file.stat().st_mode & 0o777 == 0o600
    told = str(incident)
    assert told.startswith(f"internal error, incident {incident.id}: ValueError\n")
    assert str(incident.file) in told
    assert "Traceback" not in told
    assert SECRET not in told


def test_two_bugs_at_the_same_second_are_two_incidents(tmp_path: Path) -> None:
    incidents = [record_incident(met(), tmp_path) for _ in range(20)]

    assert len({incident.id for incident in incidents}) == 20
    assert len(list((tmp_path / "incidents").iterdir())) == 20


def test_a_log_folder_that_can_not_be_written_is_no_second_bug(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file", encoding="utf-8")

    incident = record_incident(met(), tmp_path / "logs")

    assert incident.file is None
    assert "check that the log folder is writable" in str(incident)
