"""What the reference pages say about the code, read from the code itself.

Each function returns one part of a page in Markdown; `tests.documents` puts it there.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Literal, cast, get_args, get_origin, get_type_hints

import click

from fedgov.app import FEATURES, web_application
from fedgov.c2s.reception import ENDPOINTS as COUNTER
from fedgov.cli.main import fedgov
from fedgov.features.audit.present import WORDS
from fedgov.federation.doors import activity, actor, collection, doors, emoji, inbox, post
from fedgov.federation.doors.doors import Doors
from fedgov.kernel.config import SECTIONS
from fedgov.kernel.metrics import Metrics
from fedgov.kernel.uris import Site
from fedgov.mastodon.access import Access
from fedgov.mastodon.table import AREAS
from fedgov.store.signals import Signals

SITE: Final = Site(domain="social.gemeente.example")
ID: Final = "425"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def first_line(thing: object) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


# --- configuration ----------------------------------------------------------------------------------------------


def settings() -> str:
    """Every setting of every section, with its type and default."""
    return "\n\n".join(_section(name, kind) for name, kind in SECTIONS.items())


def _section(name: str, kind: type) -> str:
    hints, meanings = get_type_hints(kind), arguments(kind)
    rows = [
        (f"`{name}.{item.name}`", _type(hints[item.name]), _default(item), meanings[item.name]) for item in fields(kind)
    ]
    return f"### `[{name}]`\n\n{first_line(kind)}\n\n" + table(("setting", "type", "default", "meaning"), rows)


def arguments(kind: type) -> dict[str, str]:
    """Return what the Args of a docstring say, by name."""
    found: dict[str, str] = {}
    for line in (inspect.getdoc(kind) or "").partition("Args:\n")[2].splitlines():
        if match := re.match(r"    (\w+): (.+)", line):
            found[match[1]] = match[2]
    return found


def _type(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(f"`{_toml(choice)}`" for choice in get_args(hint))
    if hint in _WORDS:
        return _WORDS[hint]
    return "list of texts" if get_args(hint)[0] is str else "list of networks"


_WORDS: Final[dict[Any, str]] = {str: "text", bool: "true or false", int: "whole number"}


def _default(item: Field[Any]) -> str:
    return "required" if item.default is MISSING else f"`{_toml(item.default)}`"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value:_}"
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"'


# --- commands ---------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its options."""
    return "\n\n".join(_command(context) for context in walk(click.Context(fedgov, info_name="fedgov")))


def walk(context: click.Context) -> Iterator[click.Context]:
    """Give the context of a command and of each command below it."""
    yield context
    for name in sorted(context.command.list_commands(context)) if isinstance(context.command, click.Group) else ():
        below = step(context, name)
        if below is not None:
            yield from walk(below)


def step(context: click.Context, name: str) -> click.Context | None:
    """Return the context of a command below a group; None when there is none of this name."""
    assert isinstance(context.command, click.Group)
    command = context.command.get_command(context, name)
    return None if command is None else click.Context(command, info_name=name, parent=context)


def _command(context: click.Context) -> str:
    command = context.command
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    parts = [f"### `{context.command_path}`", f"```text\n{usage}\n```", inspect.cleandoc(command.help or "")]
    options = [item for item in command.params if isinstance(item, click.Option)]
    if options:
        parts.append(table(("option", "default", "meaning"), [_option(item, context) for item in options]))
    return "\n\n".join(part.strip() for part in parts)


def _option(item: click.Option, context: click.Context) -> tuple[str, str, str]:
    takes = "" if item.is_flag else f" {item.make_metavar(context)}"
    default = item.get_default(context, call=False)
    shown = "" if item.is_flag or default in (None, "") or not isinstance(default, str | int | Path) else f"`{default}`"
    return (
        ", ".join(f"`{name}{takes}`" for name in item.opts),
        "required" if item.required else shown,
        (item.help or "").partition("  [default:")[0],
    )


# --- figures ----------------------------------------------------------------------------------------------------


def figures() -> str:
    """Every figure of `/metrics`."""
    rows = [
        (f"`{each.name}`", each.kind, ", ".join(f"`{label}`" for label in each.labels), each.meaning)
        for each in Metrics().described()
    ]
    return table(("figure", "kind", "labels", "meaning"), rows)


# --- addresses --------------------------------------------------------------------------------------------------

_ACTOR: Final = "/users/{name}"
_POST: Final = "/posts/{id}"
Show = Callable[..., Any]
"""What answers at an address."""

DOORS: Final[tuple[tuple[str, str, str, Show], ...]] = (
    ("POST", "/inbox", "/inbox", inbox.receive),
    ("POST", f"{_ACTOR}/inbox", "/users/fatima/inbox", inbox.receive),
    ("GET", _ACTOR, "/users/fatima", actor.show),
    *(("GET", f"{_ACTOR}/{name}", f"/users/fatima/{name}", show) for name, show in collection.NAMES.items()),
    *(
        ("GET", f"{_ACTOR}/{name}/page/{{cursor}}", f"/users/fatima/{name}/page/{ID}", collection.NAMES[name])
        for name in ("outbox", "followers", "following")
    ),
    ("GET", "/actor", "/actor", actor.show),
    ("GET", "/organisation", "/organisation", actor.show),
    ("GET", _POST, f"/posts/{ID}", post.show),
    ("GET", f"{_POST}/replies", f"/posts/{ID}/replies", post.show_replies),
    ("GET", f"{_POST}/replies/page/{{cursor}}", f"/posts/{ID}/replies/page/0", post.show_replies),
    ("GET", f"{_POST}/likes", f"/posts/{ID}/likes", post.show_reactions),
    ("GET", f"{_POST}/shares", f"/posts/{ID}/shares", post.show_reactions),
    ("GET", "/activities/{id}", f"/activities/{ID}", activity.show),
    ("GET", "/emojis/{id}", f"/emojis/{ID}", emoji.show),
    *(("GET", path, path, show) for path, show in doors._WELL_KNOWN.items()),
)
"""Method, address as documented, an example of it, and the function that answers."""


def some_doors() -> Doors:
    """Return the doors of an instance that is not there; good for asking which address leads where."""
    room = SimpleNamespace(instance=SimpleNamespace(signals=Signals(), site=SITE))
    nobody = cast("Any", None)
    return Doors(
        cast("Any", room), gate=nobody, intake=nobody, face=nobody, describer=nobody, mender=nobody
    )  # no door is opened


def whose(function: Show) -> Show:
    """Return a function without the arguments that were given to it beforehand."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def door_modules() -> set[str]:
    """Return the names of the modules with something that answers requests from the street."""
    return {path.stem for path in Path(doors.__file__).parent.glob("*.py")} - _NO_DOORS


_NO_DOORS: Final = frozenset(
    {"__init__", "accept", "answers", "asgi", "cache", "doors", "face", "lobby", "readers", "visitor"}
)
"""What the doors are made of."""


def door_addresses() -> str:
    """Every address that the doors answer."""
    rows = [(f"`{path}`", method, first_line(whose(show))) for method, path, _, show in DOORS]
    return table(("address", "method", "what it does"), rows)


def counter_addresses() -> str:
    """Every address for programs of our own people, with what their token must reach to."""
    rows = [
        (f"`{_in_braces(each.path)}`", each.method, _scopes(each.access), first_line(whose(each.handle)))
        for each in COUNTER
    ]
    return table(("address", "method", "scopes, one of", "what it does"), rows)


def _in_braces(path: str) -> str:
    return re.sub(r":(\w+)", r"{\1}", path)


def page_addresses() -> str:
    """Every address of a page or form."""
    app = web_application()
    found: dict[tuple[str, str], str] = {}
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found[_readable(rule.rule), method] = first_line(whose(app.view_functions[rule.endpoint]))
    rows = [(f"`{path}`", method, meaning) for (path, method), meaning in sorted(found.items())]
    return table(("address", "method", "what it does"), rows)


def _readable(rule: str) -> str:
    return re.sub(r"<(?:[^<>:]*:)?(\w+)>", r"{\1}", rule)


# --- what is understood -----------------------------------------------------------------------------------------


def handlers() -> str:
    """Every activity that a room handles."""
    rows = [
        (f"`{kind}`", _object_type(about), feature.name, first_line(whose(handler.apply)))
        for feature in FEATURES
        for (kind, about), handler in feature.handlers.items()
    ]
    return table(("activity", "object", "room", "what it means"), sorted(rows))


def audit_kinds() -> str:
    """Every kind of entry in the audit log."""
    return table(("kind", "what somebody did"), [(f"`{kind}`", words) for kind, words in WORDS.items()])


def _object_type(about: str) -> str:
    return {"*": "anything else", "Actor": "an actor"}.get(about, f"`{about}`")


# --- the Mastodon API -------------------------------------------------------------------------------------------


def mastodon_endpoints() -> str:
    """Every endpoint of the Mastodon API that there is, by the module that answers it."""
    areas = sorted(AREAS, key=lambda area: area.__name__)
    return "\n\n".join(
        f"### {first_line(area)}\n\n"
        + table(
            ("method", "address", "who", "scopes, of which one is enough", "what"),
            [
                (row.method, f"`{row.path}`", _who(row.access), _scopes(row.access), row.what or first_line(row.handle))
                for row in area.ENDPOINTS
            ],
        )
        for area in areas
    )


def _who(access: Access) -> str:
    return {
        "anybody": "everybody",
        "app": "any token",
        "person": "a person",
        "administrator": "an administrator",
    }[access.who]


def _scopes(access: Access) -> str:
    return ", ".join(f"`{scope}`" for scope in access.scopes) or "–"
