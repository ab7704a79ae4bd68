"""What a client sent, however it sent it."""

from __future__ import annotations

import pytest

from fedgov.kernel.errors import InvalidError, MalformedError
from fedgov.mastodon.parameters import MAX_PAIRS, Parameters, json_tree, tree_of


def test_names_with_brackets_become_lists_and_trees() -> None:
    pairs = [
        ("status", "Hoi"), ("types[]", "mention"), ("types[]", "follow"), ("poll[options][]", "ja"),
        ("poll[options][]", "nee"), ("fields_attributes[0][name]", "Werk"), ("fields_attributes[0][value]", "Gouda"),
        ("keywords_attributes[][keyword]", "a"), ("keywords_attributes[][whole_word]", "true"),
        ("keywords_attributes[][keyword]", "b"),
    ]  # fmt: skip
    assert tree_of(pairs) == {
        "status": "Hoi",
        "types": ["mention", "follow"],
        "poll": {"options": ["ja", "nee"]},
        "fields_attributes": {"0": {"name": "Werk", "value": "Gouda"}},
        "keywords_attributes": [{"keyword": "a", "whole_word": "true"}, {"keyword": "b"}],
    }


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a[]", "2")], [("a[]", "1"), ("a[b]", "2")], [("a[b]", "1"), ("a[b][c]", "2")]]
)
def test_one_name_cannot_be_two_kinds_of_thing(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(MalformedError):
        tree_of(pairs)


def test_too_many_and_too_deep_parameters_are_refused() -> None:
    with pytest.raises(MalformedError):
        tree_of([("a[]", "1")] * (MAX_PAIRS + 1))
    with pytest.raises(MalformedError):
        tree_of([("a" + "[b]" * 6, "1")])


@pytest.mark.parametrize("sent", [True, "true", "1", "on", 1])
def test_what_rails_takes_for_true_is_true(sent: object) -> None:
    assert Parameters({"local": sent}).flag("local")


@pytest.mark.parametrize("sent", [False, "false", "0", "f", "off", "", 0, None])
def test_what_rails_takes_for_false_is_false(sent: object) -> None:
    assert not Parameters({"local": sent}).flag("local")


def test_values_of_a_wrong_type_are_refused_by_name() -> None:
    wrong = Parameters({"status": ["Hoi"], "expires_in": "soon", "poll": "ja", "rows": "x", "file": "x", "ids": [{}]})
    for read in (
        lambda: wrong.text("status"), lambda: wrong.whole("expires_in"), lambda: wrong.inner("poll"),
        lambda: wrong.rows("rows"), lambda: wrong.file("file"), lambda: wrong.texts("ids"),
    ):  # fmt: skip
        with pytest.raises(InvalidError) as refused:
            read()
        assert refused.value.field


def test_ids_that_nobody_can_have_are_left_out() -> None:
    assert Parameters({"id": ["1", "x", "-2", str(2**63), "1", "３"]}).row_ids("id") == [1]


def test_limits_are_clamped_and_cursors_that_cannot_be_read_count_as_not_sent() -> None:
    page = Parameters({"limit": "900", "max_id": "abc", "min_id": ["1"]}).page()
    assert (page.limit, page.max_id, page.min_id) == (40, None, None)
    assert Parameters({"limit": "0"}).page().limit == 1


@pytest.mark.parametrize("body", [b"[]", b"3", b"{", b'"x"', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        json_tree(body)
