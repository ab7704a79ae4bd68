"""Lists of values in statements."""

from __future__ import annotations

import pytest

from fedgov.store.lists import filled_up


@pytest.mark.parametrize(("length", "filled"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (500, 512), (512, 512)])
def test_a_list_is_filled_up_with_its_last_value(length: int, filled: int) -> None:
    values = list(range(length))
    found = filled_up(values)
    assert found[:length] == values
    assert found[length:] == [length - 1] * (filled - length)
