from __future__ import annotations

import pytest

from domain.model.errors import RequestUnsent, VenueError

pytestmark = pytest.mark.req("CB1")


@pytest.mark.parametrize("is_final", [True, False])
def test_a_request_that_did_not_leave_says_whether_it_may_be_sent_again(is_final: bool) -> None:
    unsent = RequestUnsent("no connection", is_final=is_final)
    assert isinstance(unsent, VenueError)
    assert (str(unsent), unsent.is_final) == ("no connection", is_final)
