"""What a person typed is never lost."""

from __future__ import annotations

from fedgov.kernel.errors import InvalidError
from fedgov.web.forms import Form, form_of, keep, kept


def test_a_form_gives_its_values_back() -> None:
    form = form_of({"text": "Hello", "poll_option": ["yes", "no"]})
    assert form.value("text") == "Hello"
    assert form.all("poll_option") == ("yes", "no")
    assert form.value("missing", "default") == "default"
    assert form.has("poll_option", "no")
    assert not form.has("poll_option", "maybe")
    assert not form.has("missing")


def test_an_error_stands_with_its_field_and_keeps_the_values() -> None:
    refusal = InvalidError("the message is empty", field="text")
    form = form_of({"text": " "}).with_refusal(refusal, message="het bericht is leeg").with_error("", "Kijk nog eens")
    assert form.error("text") == "Het bericht is leeg"
    assert form.error("audience") == ""
    assert [each.field for each in form.errors] == ["text", ""]
    assert form.value("text") == " "


def test_a_form_travels_through_the_log_in_page() -> None:
    form = form_of({"text": "Regel 1\nRegel 2 \N{THUMBS UP SIGN}", "poll_option": ["a", "b"]})
    assert kept(keep(form, path="/compose")) == ("/compose", form)


def test_what_was_kept_before_is_not_kept_in_itself() -> None:
    first = keep(form_of({"text": "x"}), path="/compose")
    assert "kept" not in keep(form_of({"text": "x", "kept": first}), path="/compose")


def test_a_broken_kept_form_is_nothing() -> None:
    for text in ("", "{", "[]", "null", '{"path": "/x"}', '{"path": "/x", "values": []}', "x" * 300_000,
                 '{"path": "/x", "values": {"a": 1}}'):  # fmt: skip
        assert kept(text) is None


def test_an_empty_form_has_no_errors() -> None:
    assert Form().errors == ()
