"""The reader's language: Dutch first, then English and Frisian.

Which one: what was asked for now (``?lang=``), what this browser chose before,
what the account says, what the browser's settings say, what the instance speaks.
"""

from __future__ import annotations

import functools
import gettext as catalogues
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import tzinfo as TimeZone  # noqa: N812 (a class in spite of its name)
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup

from fedgov.kernel.clock import DAY, MINUTE, SECOND, to_rfc3339
from fedgov.web import resources

LANGUAGES: Final = ("nl", "en", "fy")
SHORT: Final = {"nl": "NL", "en": "EN", "fy": "FRY"}
OWN_NAMES: Final = {"nl": "Nederlands", "en": "English", "fy": "Frysk"}
COOKIE_PURPOSE: Final = "language"
COOKIE_AGE: Final = 365 * 24 * 3600
PARAMETER: Final = "lang"
TIME_ZONE: Final = "Europe/Amsterdam"
_MAX_HEADER: Final = 500


def known(tag: str | None) -> str | None:
    """Return the language of a tag such as ``nl-NL`` when we speak it."""
    primary = (tag or "").replace("_", "-").partition("-")[0].strip().lower()
    return primary if primary in LANGUAGES else None


def choose(
    *, asked: str | None, cookie: str | None, account: str | None, accept_language: str | None, default: str
) -> str:
    """Return the language for a reader, the most explicit wish first.

    Args:
        asked: ``lang`` of the query.
        cookie: What this browser chose before.
        account: Preference of who is logged in.
        accept_language: The Accept-Language header.
        default: What the instance speaks.
    """
    return known(asked) or known(cookie) or known(account) or from_header(accept_language) or known(default) or "nl"


def from_header(accept_language: str | None) -> str | None:
    """Return the best language of an Accept-Language header that we speak.

    Spec: RFC 9110, section 12.5.4.
    """
    best, found = 0.0, None
    for part in (accept_language or "")[:_MAX_HEADER].split(","):
        tag, _, parameters = part.partition(";")
        language, quality = known(tag), _quality(parameters)
        if language is not None and quality > best:
            best, found = quality, language
    return found


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0


def later(text: str) -> str:
    """Return a text as it is: it is translated where it is shown, and `make messages` finds it by this name."""
    return text


@functools.cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    """Read the catalogue of a language once per process; the file never changes while we run."""
    path = resources.locale_dir() / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return catalogues.NullTranslations()
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


@functools.cache
def time_zone() -> TimeZone:
    """Return the zone in which people here read times."""
    try:
        return ZoneInfo(TIME_ZONE)
    except ZoneInfoNotFoundError:
        return UTC


@functools.cache
def _locale(language: str) -> Locale:
    return Locale.parse("en_GB" if language == "en" else language)


@dataclass(frozen=True, slots=True)
class Translator:
    """Words, dates and numbers in one language."""

    language: str

    @property
    def locale(self) -> Locale:
        """The Babel locale."""
        return _locale(self.language)

    def gettext(self, message: str, **values: object) -> str:
        """Translate plain text; ``%(name)s`` is filled in from the values."""
        text = _catalogue(self.language).gettext(message)
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, count: int, **values: object) -> str:
        """Translate with a number; ``%(num)s`` is the number as the reader writes it."""
        text = _catalogue(self.language).ngettext(singular, plural, count)
        return text % {"num": self.number(count), **values}

    def translation(self, message: str) -> str | None:
        """Return the translation of a text that may not be in the catalogue; English needs none."""
        text = _catalogue(self.language).gettext(message)
        return text if text != message or self.language == "en" else None

    def number(self, value: float) -> str:
        """Return for instance ``12.345``."""
        return numbers.format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        """Return a part between 0 and 1 as for instance ``40%``."""
        return numbers.format_percent(share, format="#,##0%", locale=self.locale)

    def size(self, count: int) -> str:
        """Return a number of bytes as for instance ``1,2 MB``."""
        amount, unit = float(count), "B"
        for bigger in ("kB", "MB", "GB", "TB"):
            if amount < 1_000:
                break
            amount, unit = amount / 1_000, bigger
        return f"{self.number(round(amount, 1) if amount < 10 else round(amount))} {unit}"

    def format_datetime(self, at: int) -> str:
        """Return for instance ``21 november 2026 om 16:48``.

        Args:
            at: Milliseconds since the epoch.
        """
        return self.gettext("%(date)s at %(time)s", date=self.format_date(at), time=self.format_time(at))

    def format_date(self, at: int) -> str:
        """Return for instance ``21 november 2026``; ``at`` in milliseconds."""
        text = dates.format_date(self._moment(at), "d MMMM y", locale=self.locale)
        # CLDR gives Frisian months a capital, Frisian spelling does not.
        return text.lower() if self.language == "fy" else text

    def format_time(self, at: int) -> str:
        """Return for instance ``16:48``; ``at`` in milliseconds."""
        return dates.format_time(self._moment(at), "HH:mm", tzinfo=time_zone(), locale=self.locale)

    def machine_time(self, at: int) -> str:
        """Return the time as a machine reads it (RFC 3339); ``at`` in milliseconds."""
        return to_rfc3339(at)

    def ago(self, at: int, *, now: int) -> str:
        """Return how long ago that was, as people say it: ``12 minuten geleden``, ``gisteren``.

        Args:
            at: Milliseconds since the epoch; later than ``now`` gives ``over 12 minuten``.
            now: Milliseconds since the epoch.
        """
        passed = now - at
        if -MINUTE < passed < MINUTE:
            return self.gettext("just now")
        days = (self._moment(now).date() - self._moment(at).date()).days
        if days == 1 and passed > 6 * 60 * MINUTE:
            return self.gettext("yesterday at %(time)s", time=self.format_time(at))
        if abs(passed) < 7 * DAY:
            delta = timedelta(seconds=-passed // SECOND)
            return dates.format_timedelta(delta, add_direction=True, threshold=1.0, locale=self.locale)
        same_year = self._moment(at).year == self._moment(now).year
        return dates.format_date(self._moment(at), "d MMMM" if same_year else "d MMM y", locale=self.locale)

    def _moment(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / SECOND, tz=UTC).astimezone(time_zone())


def markup_gettext(translator: Translator) -> Callable[..., Markup]:
    """Return the ``_`` of templates: the catalogue's text is trusted, the values are escaped."""

    def translate(message: str, **values: object) -> Markup:
        text = Markup(_catalogue(translator.language).gettext(message))  # noqa: S704 (our own catalogue)
        return text % values if values else text

    return translate


def markup_ngettext(translator: Translator) -> Callable[..., Markup]:
    """Return the ``ngettext`` of templates; ``%(num)s`` is the number as the reader writes it."""

    def translate(singular: str, plural: str, count: int, **values: object) -> Markup:
        text = Markup(_catalogue(translator.language).ngettext(singular, plural, count))  # noqa: S704 (as above)
        return text % {"num": translator.number(count), **values}

    return translate
