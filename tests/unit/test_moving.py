"""How fast the iframes of a process that stops are sent elsewhere."""

import math

from hypothesis import given
from hypothesis.strategies import integers

from realtime.moving import EACH_STEP, LONGEST_SECONDS, STEP_SECONDS, in_each_step


@given(integers(1, 200_000))
def test_few_go_slowly_and_many_are_all_gone_in_time(count: int) -> None:
    each = in_each_step(count)
    assert each >= EACH_STEP
    assert math.ceil(count / each) * STEP_SECONDS <= LONGEST_SECONDS + 1e-9
    if each > EACH_STEP:
        assert math.ceil(count / each) * STEP_SECONDS > LONGEST_SECONDS / 2, "no faster than it has to be"
