"""A form as it was sent: values, and errors next to their field and in a summary.

What a person typed is never lost: a page with errors shows it again, and when
the session ended meanwhile it travels along through the log-in page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson
from quart import request

from fedgov.kernel.errors import InvalidError
from fedgov.web.csrf import FIELD as CSRF_FIELD

KEPT_FIELD: Final = "kept"
"""Hidden field of the log-in page with the form that could not be handled."""

MAX_FIELDS: Final = 200
MAX_KEPT: Final = 200_000


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; ``field`` is empty when it is about the form as a whole."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Form:
    """Values and errors of one form."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    errors: tuple[FieldError, ...] = ()

    def value(self, name: str, default: str = "") -> str:
        """Return the last value of a field."""
        found = self.values.get(name)
        return found[-1] if found else default

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field that may be there more than once."""
        return self.values.get(name, ())

    def has(self, name: str, value: str = "") -> bool:
        """Tell whether a box is ticked: this value, or any when none is given."""
        found = self.values.get(name, ())
        return value in found if value else bool(found)

    def error(self, name: str) -> str:
        """Return what is wrong with a field; empty when nothing is."""
        return next((each.message for each in self.errors if each.field == name), "")

    def with_error(self, name: str, message: str) -> Form:
        """Return the same form with one more error.

        Args:
            name: Field that is wrong; empty for the form as a whole.
            message: What to do about it, in the reader's language.
        """
        sentence = message[:1].upper() + message[1:]
        return replace(self, errors=(*self.errors, FieldError(field=name, message=sentence)))

    def with_refusal(self, error: InvalidError, *, message: str) -> Form:
        """Return the same form with what a service said about it.

        Args:
            error: The refusal; its ``field`` says where.
            message: The refusal in the reader's language.
        """
        return self.with_error(error.field, message)


def form_of(values: Mapping[str, str | Iterable[str]]) -> Form:
    """Return a form with values that are stored already, for a page to edit them."""
    return Form(values={name: (value,) if isinstance(value, str) else tuple(value) for name, value in values.items()})


async def read_form() -> Form:
    """Return the form of this request, without its CSRF token and with plain line ends."""
    sent = await request.form
    names = [name for name in sent if name != CSRF_FIELD][:MAX_FIELDS]
    return Form(values={name: tuple(value.replace("\r\n", "\n") for value in sent.getlist(name)) for name in names})


def keep(form: Form, *, path: str) -> str:
    """Return a form as one text, to travel along through the log-in page.

    Args:
        form: What was sent.
        path: Local path that it was sent to.
    """
    values = {name: list(each) for name, each in form.values.items() if name != KEPT_FIELD}
    return orjson.dumps({"path": path, "values": values}).decode()


def kept(text: str) -> tuple[str, Form] | None:
    """Return path and form of what `keep` made; None when there is nothing or it is broken."""
    if not text or len(text) > MAX_KEPT:
        return None
    try:
        found = orjson.loads(text)
        path, values = found["path"], found["values"]
        return str(path), Form(
            values={str(name): tuple(str(each) for each in sent) for name, sent in list(values.items())[:MAX_FIELDS]}
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
