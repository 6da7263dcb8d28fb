"""An answer belongs to one question of one incarnation."""

from __future__ import annotations

from actors.kernel.questions import Questions


def test_an_answer_closes_its_question_once() -> None:
    questions: Questions[str] = Questions(epoch=1)
    token = questions.ask("orders", 0)

    assert questions.about(token) == "orders"
    assert questions.answered(token) == "orders"
    assert questions.answered(token) is None


def test_an_answer_to_a_predecessor_is_an_answer_to_nobody() -> None:
    before: Questions[str] = Questions(epoch=1)
    after: Questions[str] = Questions(epoch=2)
    token = before.ask("orders", 0)
    after.ask("fills", 0)

    assert after.answered(token) is None
    assert after.waiting == ("fills",)


def test_an_answer_to_one_series_of_an_actor_is_none_to_another() -> None:
    deeds: Questions[str] = Questions(epoch=1)
    sales: Questions[str] = Questions(epoch=1, series=2)
    deeds.ask("a pause", 0)
    token = sales.ask("what is unsettled", 0)

    assert deeds.answered(token) is None
    assert deeds.waiting == ("a pause",)


def test_what_nobody_answers_is_over_at_its_limit_and_not_before() -> None:
    questions: Questions[str] = Questions(epoch=1)
    questions.ask("orders", 0)
    young = questions.ask("fills", 10)

    assert questions.overdue(now_ns=10, limit_ns=10) == ()
    assert questions.overdue(now_ns=15, limit_ns=10) == ("orders",)
    assert questions.answered(young) == "fills"


def test_what_is_forgotten_is_never_answered() -> None:
    questions: Questions[str] = Questions(epoch=1)
    token = questions.ask("orders", 0)
    questions.forget()

    assert questions.answered(token) is None
    assert questions.waiting == ()
