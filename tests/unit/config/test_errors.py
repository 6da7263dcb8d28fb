"""Problems say where: file and line, or the option, and the whole path of the key."""

from __future__ import annotations

from config.errors import ConfigError, KeyPlace, Problem, dotted


def test_a_path_is_written_as_operators_write_it() -> None:
    assert dotted(("policy", "caps", "total_pct")) == "policy.caps.total_pct"
    assert dotted(("universe", "products", 2, "name")) == "universe.products[2].name"
    assert dotted(()) == ""


def test_a_place_on_the_command_line_has_no_line() -> None:
    assert str(KeyPlace("config/policy.yaml", 12)) == "config/policy.yaml:12"
    assert str(KeyPlace("--set")) == "--set"


def test_a_refused_configuration_lists_every_problem_with_place_and_hints() -> None:
    place = KeyPlace("policy.yaml", 3)
    problems = (
        Problem(place, ("policy", "loop"), "expected a mapping, was 3", ("see docs", "or ask")),
        Problem(KeyPlace("app.yaml"), (), "the file is empty"),
    )

    error = ConfigError(problems)

    assert error.problems == problems
    assert str(error).splitlines() == [
        "policy.yaml:3: policy.loop: expected a mapping, was 3",
        "  hint: see docs",
        "  hint: or ask",
        "app.yaml: the file is empty",
    ]
