"""Making HTML of strangers harmless.

Everything that was written elsewhere passes here before it is stored for
showing, and templates escape whatever did not. The result holds only text,
structure and http, https or mailto links: nothing that runs, loads, floats over
the page or looks like a part of it.
"""

from __future__ import annotations

import re
from collections import Counter
from html import escape, unescape
from typing import Final

import nh3

from fedgov.kernel.errors import MalformedError
from fedgov.kernel.text.quotes import CLASS as QUOTE_LINE
from fedgov.kernel.uris import host, normalise_host

MAX_HTML: Final = 200_000
"""Longer HTML is cut off before it is read, in characters; the parser is quadratic in character references."""

LINK_REL: Final = "nofollow noopener noreferrer ugc"

_INLINE: Final = {
    *("a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q"),
    *("rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr"),
}
_BLOCK: Final = {
    *("blockquote", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"),
    *("caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
_DROPPED_WITH_CONTENT: Final = {
    *("script", "style", "template", "iframe", "object", "embed", "applet", "noscript", "noembed", "noframes"),
    *("svg", "math", "title", "textarea", "select", "button", "xmp", "plaintext", "head"),
}
_NAMES: Final = frozenset({"mention", "hashtag", "h-card", "u-url"})
_CLASSES: Final = {"a": _NAMES, "span": _NAMES | {QUOTE_LINE}, "p": frozenset({QUOTE_LINE})}
_ATTRIBUTES: Final = {
    "*": {"lang"},
    "a": {"href", "hreflang", "title", "class"},
    "span": {"class"},
    "p": {"class"},
    "abbr": {"title"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
}

_SMALL_NUMBERS: Final = {"colspan", "rowspan", "start", "value"}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_FRONT: Final = re.compile(r"https?://[^/?#\\]+", re.IGNORECASE)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Drop what would mislead: an address whose host cannot be told, a cell over the whole page, our own styles."""
    if name == "class":
        return " ".join(part for part in value.split() if part in _CLASSES.get(tag, ())) or None
    if name == "href":
        return _address(value)
    if name in ("colspan", "rowspan", "start", "value") and not (
        value.isascii() and value.isdigit() and len(value) < 4
    ):
        return None
    return value


def _address(href: str) -> str | None:
    """Return an address without the control characters that browsers overlook; None when its host cannot be told.

    A user name in front of the host is such a case: it looks like one.
    """
    href = _CONTROL.sub("", href).strip()
    if href[:7].lower() == "mailto:":
        return href
    return None if _host_of(href) is None else href


def _host_of(href: str) -> str | None:
    front = _FRONT.match(href)
    try:
        return None if front is None else host(front[0])
    except MalformedError:
        return None


def _cleaner(tags: set[str], attributes: dict[str, set[str]]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=attributes,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel=LINK_REL,
    )


_CLEANER: Final = _cleaner(_INLINE | _BLOCK, _ATTRIBUTES)
_PICTURES_TOO: Final = _cleaner(_INLINE | _BLOCK | {"img"}, _ATTRIBUTES | {"img": {"alt"}})


def sanitise(html: str) -> str:
    """Return HTML that is safe to show, whatever comes in; never raises and takes time linear in its length.

    Pictures become their text alternative in brackets, because showing them
    would let a third party see who reads. Where the text of a link names
    another host than the link leads to, the real host stands behind it. Spans
    that Mastodon hides by a style are shown in full. What is nested beyond
    reason is shown as plain text.

    Args:
        html: Anything.

    Spec: rows XSS-01, XSS-03, XSS-05, XSS-07 and DOS-05, DOS-12 of the threat table.
    """
    html = html[:MAX_HTML]
    if not _is_reasonable(html):
        return plain_to_html(without_tags(html))
    try:
        if "<img" in html or "<IMG" in html:
            html = _IMG.sub(_alternative, _PICTURES_TOO.clean(html))
        cleaned = _CLEANER.clean(html)
    except UnicodeError:
        # Half a surrogate pair, which no JSON or form lets through, must not stop a timeline.
        return plain_to_html(without_tags(html))
    return _lower_headings(_keep_first_line(_name_hosts(cleaned)))


# --- pictures, headings, misleading links -----------------------------------------------------------------------
#
# These work on what the cleaner has written, where every attribute value stands in double quotation marks, every
# quotation mark inside one is escaped, and every < in a text is. So the patterns can match nothing else.

_IMG: Final = re.compile(r'<img\b(?:[^>"]|"[^"]*")*>')
_ALT: Final = re.compile(r'\salt="([^"]*)"')


def _alternative(match: re.Match[str]) -> str:
    alt = _ALT.search(match[0])
    words = unescape(alt[1]).strip() if alt is not None else ""
    return f"[{escape(words)}]" if words else ""


_PRE: Final = re.compile(r'(<pre\b(?:[^>"]|"[^"]*")*>)\n')


def _keep_first_line(html: str) -> str:
    """Write an empty first line of preformatted text twice, because every parser drops one newline there."""
    return _PRE.sub(r"\1\n\n", html) if "<pre" in html else html


def _lower_headings(html: str) -> str:
    """Leave the first heading level to the page."""
    return html.replace("<h1", "<h2").replace("</h1>", "</h2>") if "<h1" in html else html


_ANCHOR: Final = re.compile(r'(<a\b(?:[^>"]|"[^"]*")*>)(.*?)</a>', re.DOTALL)
_HREF: Final = re.compile(r'\shref="([^"]*)"')
_TAG: Final = re.compile(r'<(?:[^>"]|"[^"]*")*>')
_NAMED_HOST: Final = re.compile(r"(?:https?://)?([^\s/?#@:]+\.[^\s/?#@:.]{2,})(?::\d+)?(?:[/?#\s]|\Z)", re.IGNORECASE)


def _name_hosts(html: str) -> str:
    return _ANCHOR.sub(_with_host, html) if "<a" in html else html


def _with_host(match: re.Match[str]) -> str:
    href = _HREF.search(match[1])
    named = _NAMED_HOST.match(unescape(_TAG.sub("", match[2])).strip()[:300])
    real = None if href is None else _host_of(unescape(href[1]))
    if real is None or named is None:
        return match[0]
    if _bare(named[1]) == real.partition(":")[0].removeprefix("www."):
        return match[0]
    mark = f" [{escape(real)}]"
    return match[0] if match[2].endswith(mark) else f"{match[1]}{match[2]}{mark}</a>"


def _bare(name: str) -> str:
    try:
        return normalise_host(name).removeprefix("www.")
    except MalformedError:
        return name


# --- bounds -----------------------------------------------------------------------------------------------------

_FEW_TAGS: Final = 300
_MAX_OPEN: Final = 100
_OPENING: Final = re.compile(r"<[A-Za-z]")
_TOKEN: Final = re.compile(
    r"""[^<]+
    | <!--(?:[^-]|-(?!-))*-->
    | </(?P<close>[A-Za-z][A-Za-z0-9]*)\s*>
    | <(?P<open>[A-Za-z][A-Za-z0-9]*)(?:\s+[A-Za-z:_-][A-Za-z0-9:._-]*(?:="[^"<]*"|='[^'<]*')?)*\s*/?>""",
    re.VERBOSE,
)
_CLOSED_BY_OTHERS: Final = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"),
    *("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "rt", "rp"),
}
_RAW_TEXT: Final = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"}


def _is_reasonable(html: str) -> bool:
    """Tell whether an HTML parser takes linear time for this.

    Parsers take time in proportion to the length times the number of elements
    open at once (a hundred thousand nested quotations: 48 seconds). A
    text with few tags cannot do harm. One with many must be written plainly
    enough for us to count, and may not have too many open.
    """
    if len(_OPENING.findall(html)) <= _FEW_TAGS:
        return True
    still_open: Counter[str] = Counter()
    depth = position = 0
    while position < len(html):
        token = _TOKEN.match(html, position)
        if token is None:
            return False
        position = token.end()
        opened, closed = (token["open"] or "").lower(), (token["close"] or "").lower()
        if opened in _RAW_TEXT:
            return False
        if opened and opened not in _CLOSED_BY_OTHERS:
            still_open[opened] += 1
            depth += 1
            if depth > _MAX_OPEN:
                return False
        elif closed and still_open[closed]:
            still_open[closed] -= 1
            depth -= 1
    return True


_ANY_TAG: Final = re.compile(r"</?[A-Za-z!?][^<>]*>?")


def without_tags(html: str) -> str:
    """Return the text of HTML by the plainest means: everything between angle brackets is dropped."""
    return unescape(_ANY_TAG.sub(" ", html))


# --- plain text -------------------------------------------------------------------------------------------------

URL: Final = re.compile(r"https?://[^\s<>\"'`\\^{|}\x00-\x1f]+", re.IGNORECASE)
"""An address standing in running text; `trim_url` takes the punctuation of the sentence off its end."""

_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n\s*")


def trim_url(url: str) -> str:
    """Return an address found in a sentence without the punctuation that belongs to the sentence."""
    end = len(url)
    closing = url.count(")") - url.count("(")
    while end and url[end - 1] in ".,;:!?*_~)]":
        if url[end - 1] == ")":
            if closing <= 0:
                break
            closing -= 1
        end -= 1
    return url[:end]


def plain_to_html(text: str) -> str:
    """Return plain text as HTML: paragraphs, line breaks and linked addresses, everything else escaped.

    Args:
        text: Plain text of any kind; unpaired surrogates become question marks, and NUL characters, which no
            database and no parser keeps, are dropped.
    """
    text = text[:MAX_HTML].encode("utf-8", "replace").decode("utf-8").replace("\x00", "").replace("\r\n", "\n").strip()
    paragraphs = (part for part in _PARAGRAPH.split(text) if part)
    return "".join(f"<p>{_linked(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def _linked(text: str) -> str:
    pieces, position = [], 0
    for match in URL.finditer(text):
        url = trim_url(match[0])
        if _host_of(url) is None:
            continue
        pieces.append(escape(text[position : match.start()]))
        pieces.append(f'<a href="{escape(url)}" rel="{LINK_REL}">{escape(url)}</a>')
        position = match.start() + len(url)
    return "".join(pieces) + escape(text[position:])
