"""Markdown of our own people, as sanitised HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.blockprocessors import HashHeaderProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import (
    IMAGE_LINK_RE,
    IMAGE_REFERENCE_RE,
    ImageInlineProcessor,
    ImageReferenceInlineProcessor,
    InlineProcessor,
    ShortImageReferenceInlineProcessor,
    SimpleTagInlineProcessor,
)
from markdown.util import AtomicString

from fedgov.kernel.text.sanitise import MAX_HTML, URL, plain_to_html, sanitise, trim_url

MAX_MARKDOWN: Final = 100_000
"""Longer text is shown as plain text, in characters."""

_MAX_BRACKETS: Final = 1_000
"""The renderer takes time in proportion to the square of the opening brackets (20,000: 68 seconds)."""

ResolveMention = Callable[[str], str | None]
"""Gives the address of the profile for ``name`` or ``name@host``; None when there is no such person."""

HashtagUrl = Callable[[str], str]
"""Gives the address of the page that lists a hashtag, for the tag without ``#`` as it was written."""

_MENTION: Final = r"(?<![\w/@.])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)?)"  # noqa: E501
_HASHTAG: Final = r"(?<![\w/#&])#(?=\d{0,100}[^\W\d])(\w{1,100})"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What became of a text.

    Args:
        html: Sanitised HTML.
        mentions: Handles that were resolved and linked, without the leading ``@``, each once.
        hashtags: Tags as written, without ``#``, each once regardless of case.
    """

    html: str
    mentions: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()


def _nobody(_handle: str) -> str | None:
    return None


def render_markdown(
    text: str, *, resolve_mention: ResolveMention = _nobody, hashtag_url: HashtagUrl | None = None
) -> Rendered:
    """Render what somebody here wrote; never raises.

    Newlines are line breaks, bare addresses are linked, HTML is shown as it was
    typed, pictures become links. Nothing inside code or inside a link is linked.

    Args:
        text: Markdown, or plain text: almost all plain text looks as expected.
        resolve_mention: Asked for each ``@name`` and ``@name@host``. It must
            only look things up; fetching comes before.
        hashtag_url: Asked for each hashtag; without it hashtags are found but not linked.
    """
    if len(text) > MAX_MARKDOWN or text.count("[") > _MAX_BRACKETS:
        return Rendered(html=plain_to_html(text))
    links = _Links(resolve_mention, hashtag_url)
    try:
        html = Markdown(
            extensions=["fenced_code", "tables", "sane_lists", "nl2br", links], output_format="html"
        ).convert(text.encode("utf-8", "replace").decode("utf-8"))
    except RecursionError:
        # The renderer recurses into nested quotations and lists.
        return Rendered(html=plain_to_html(text))
    return Rendered(html=sanitise(html), mentions=tuple(links.mentions), hashtags=tuple(links.hashtags.values()))


def render(text: str, *, content_type: str = "text/html") -> str:
    """Return foreign content as sanitised HTML.

    Args:
        text: As received.
        content_type: ``text/html``, ``text/markdown`` or ``text/plain``; anything else is read as plain text.
    """
    if content_type == "text/html":
        return sanitise(text)
    return render_markdown(text).html if content_type == "text/markdown" else plain_to_html(text[:MAX_HTML])


class _Header(HashHeaderProcessor):
    """Takes ``# title`` for a heading, but leaves ``#hashtag`` alone."""

    RE = re.compile(r"(?:^|\n)(?P<level>#{1,6})[ \t](?P<header>[^\n]*?)#*(?:\n|$)")


class _Links(Extension):
    """Everything in which a post differs from a markdown file."""

    def __init__(self, resolve_mention: ResolveMention, hashtag_url: HashtagUrl | None) -> None:
        super().__init__()
        self.resolve_mention = resolve_mention
        self.hashtag_url = hashtag_url
        self.mentions: dict[str, None] = {}
        self.hashtags: dict[str, str] = {}

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name that the renderer calls
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.ESCAPED_CHARS.extend("@~")
        md.parser.blockprocessors.register(_Header(md.parser), "hashheader", 70)
        md.inlinePatterns.register(_ImageLink(IMAGE_LINK_RE, md), "image_link", 150)
        md.inlinePatterns.register(_ImageReference(IMAGE_REFERENCE_RE, md), "image_reference", 140)
        md.inlinePatterns.register(_ShortImageReference(IMAGE_REFERENCE_RE, md), "short_image_ref", 125)
        # Below code (190), escapes (180) and links (160-130); above emphasis, so that an underscore in a name stays.
        md.inlinePatterns.register(_BareUrl(URL.pattern, md), "bare_url", 128)
        md.inlinePatterns.register(_MentionLink(_MENTION, md, self), "mention", 127)
        md.inlinePatterns.register(_HashtagLink(_HASHTAG, md, self), "hashtag", 126)
        md.inlinePatterns.register(SimpleTagInlineProcessor(r"()~~(?=\S)([^~\n]+)~~", "del"), "strike", 55)


_Match = tuple[Element | str | None, int | None, int | None]


class _OutsideLinks(InlineProcessor):
    ANCESTOR_EXCLUDES = ("a",)


def _anchor(href: str, words: str, css: str = "") -> Element:
    element = Element("a", {"href": href} | ({"class": css} if css else {}))
    element.text = AtomicString(words)
    return element


class _ImageLink(ImageInlineProcessor):
    """A picture as a link to it: showing it would tell a third party who reads."""

    def handleMatch(self, m: re.Match[str], data: str) -> _Match:  # type: ignore[override]  # noqa: N802
        element, start, end = super().handleMatch(m, data)
        if not isinstance(element, Element):
            return element, start, end
        src = element.get("src", "")
        return _anchor(src, element.get("alt") or src), start, end


class _ImageReference(ImageReferenceInlineProcessor):
    def makeTag(self, href: str, title: str, text: str) -> Element:  # noqa: N802 - the renderer's name
        return _anchor(href, text or href)


class _ShortImageReference(ShortImageReferenceInlineProcessor):
    def makeTag(self, href: str, title: str, text: str) -> Element:  # noqa: N802 - the renderer's name
        return _anchor(href, text or href)


class _BareUrl(_OutsideLinks):
    def handleMatch(self, m: re.Match[str], data: str) -> _Match:  # type: ignore[override]  # noqa: N802
        url = trim_url(m[0])
        if len(url) <= len("https://"):
            return None, None, None
        return _anchor(url, url), m.start(0), m.start(0) + len(url)


class _MentionLink(_OutsideLinks):
    def __init__(self, pattern: str, md: Markdown, links: _Links) -> None:
        super().__init__(pattern, md)
        self.links = links

    def handleMatch(self, m: re.Match[str], data: str) -> _Match:  # type: ignore[override]  # noqa: N802
        url = self.links.resolve_mention(m[1])
        if url is None:
            return AtomicString(m[0]), m.start(0), m.end(0)
        self.links.mentions[m[1]] = None
        card = Element("span", {"class": "h-card"})
        card.append(_anchor(url, f"@{m[1]}", "u-url mention"))
        return card, m.start(0), m.end(0)


class _HashtagLink(_OutsideLinks):
    def __init__(self, pattern: str, md: Markdown, links: _Links) -> None:
        super().__init__(pattern, md)
        self.links = links

    def handleMatch(self, m: re.Match[str], data: str) -> _Match:  # type: ignore[override]  # noqa: N802
        self.links.hashtags.setdefault(m[1].lower(), m[1])
        if self.links.hashtag_url is None:
            return AtomicString(m[0]), m.start(0), m.end(0)
        element = Element("a", {"href": self.links.hashtag_url(m[1]), "class": "mention hashtag"})
        element.text = AtomicString("#")
        SubElement(element, "span").text = AtomicString(m[1])
        return element, m.start(0), m.end(0)
