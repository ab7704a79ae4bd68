"""Where a reader can go: only what exists on this instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fedgov.web.desk import Counts
from fedgov.web.language import LANGUAGES, OWN_NAMES, PARAMETER, later
from fedgov.web.session import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry of the navigation; ``label`` is a message of the catalogue."""

    key: str
    path: str
    label: str
    icon: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageLink:
    """The same page in another language."""

    code: str
    short: str
    name: str
    url: str
    current: bool


_MEMBER: Final = (
    Place(key="home", path="/home", label=later("Home"), icon="home"),
    Place(key="organisation", path="/timeline/organisation", label=later("Organisation"), icon="organisation"),
    Place(key="public", path="/timeline/public", label=later("Public"), icon="public"),
    Place(key="people", path="/search", label=later("People"), icon="people"),
    Place(key="notifications", path="/notifications", label=later("Notifications"), icon="bell"),
    Place(key="bookmarks", path="/bookmarks", label=later("Saved"), icon="bookmark"),
    Place(key="admin", path="/admin", label=later("Administration"), icon="gauge"),
)
_VISITOR: Final = (
    Place(key="start", path="/", label=later("Start"), icon="home"),
    Place(key="public", path="/timeline/public", label=later("Public"), icon="public"),
    Place(key="about", path="/about", label=later("About"), icon="info"),
)


def navigation(visitor: Visitor | None, *, counts: Counts, path: str) -> tuple[Place, ...]:
    """Return the entries for this reader, with the current one marked and numbers where something waits."""
    places = _VISITOR if visitor is None else _MEMBER
    numbers = {
        "notifications": counts.notifications + counts.follow_requests,
        "admin": counts.attention,
    }
    return tuple(
        Place(
            key=place.key,
            path=place.path,
            label=place.label,
            icon=place.icon,
            current=_is_current(place.path, path),
            count=numbers.get(place.key, 0),
        )
        for place in places
        if place.key != "admin" or (visitor is not None and visitor.administrator)
    )


def _is_current(place: str, path: str) -> bool:
    return path == place or (place != "/" and path.startswith(place + "/"))


def language_links(
    *, path: str, query: Sequence[tuple[str, str]], current: str, short: Mapping[str, str]
) -> tuple[LanguageLink, ...]:
    """Return this same page in every language that we speak.

    Args:
        path: Path of the page.
        query: Its query without the language.
        current: Language of the page now.
        short: Abbreviation of each language.
    """
    return tuple(
        LanguageLink(
            code=code,
            short=short[code],
            name=OWN_NAMES[code],
            url=f"{path}?{urlencode([*query, (PARAMETER, code)])}",
            current=code == current,
        )
        for code in LANGUAGES
    )
