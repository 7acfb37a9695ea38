"""What can be part of a public reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.refs import make_ref, may_be_in_ref


@given(st.sampled_from(["LEA", "MOA", "SIT", "ITR"]), st.text(), st.data())
def test_every_part_of_a_reference_may_be_in_one(prefix: str, key: str, data: st.DataObject) -> None:
    ref = make_ref(prefix, key)
    start = data.draw(st.integers(0, len(ref) - 1))
    part = ref[start : data.draw(st.integers(start + 1, len(ref)))]
    assert may_be_in_ref(part)
    assert may_be_in_ref(part.lower())


@pytest.mark.parametrize("text", ["sheriff", "police", "lou", "7k3q", "lea-", "o'brien", "-7"])
def test_words_that_no_reference_holds_are_not_looked_for_in_one(text: str) -> None:
    assert may_be_in_ref(text) is (text in ("lou", "7k3q", "lea-", "-7"))
