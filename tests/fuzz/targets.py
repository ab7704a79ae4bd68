"""What the fuzzer feeds into which property. The properties themselves stand in ``tests/properties``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests import services
from tests.properties import (
    test_html,
    test_json_intake,
    test_markdown,
    test_parameters,
    test_settings,
    test_signature_headers,
    test_uris,
    test_webfinger,
)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to fuzz.

    Args:
        check: Raises when the property does not hold for these bytes.
        seeds: Inputs to start from.
        folders: Folders of published test vectors whose files are inputs to start from as well.
    """

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    folders: tuple[str, ...] = ()

    def inputs(self) -> Iterator[bytes]:
        """Give every input to start from; what is absent is left out."""
        yield from self.seeds
        with contextlib.suppress(BaseException):  # a skip, where the vectors are absent
            for folder in self.folders:
                for path in sorted((services.vectors() / folder).rglob("*")):
                    if path.is_file() and path.stat().st_size < 20_000:
                        yield path.read_bytes()


def _text(*checks: Callable[[str], None]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        for one in checks:
            one(text)

    return check


def _header(*checks: Callable[[str], None]) -> Callable[[bytes], None]:
    """Headers are latin-1, as they come from the wire."""

    def check(data: bytes) -> None:
        for one in checks:
            one(data.decode("latin-1"))

    return check


_CAVAGE: Final = (
    b'keyId="https://a.example/#k",algorithm="hs2019",headers="(request-target) host date digest",signature="AA=="'
)
_RFC9421: Final = (
    b'sig1=("@method" "@target-uri" "content-digest");created=1795000000;keyid="https://a.example/#k";alg="ed25519"'
)

TARGETS: Final = {
    "json": Target(
        test_json_intake.check_body,
        (b'{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u","object":{"type":"Note"}}',),
        ("as2", "pasture-inputs", "fedify-fixtures", "eddsa-jcs-2022-w3c", "jcs-rfc8785"),
    ),
    "signatures": Target(_header(test_signature_headers.check_headers), (_CAVAGE, _RFC9421), ("cavage",)),
    "headers": Target(
        _header(test_signature_headers.check_small_headers, test_signature_headers.check_structured),
        (
            _RFC9421,
            b"SHA-256=AAAA",
            b"sha-256=:AAAA:",
            b"Sun, 05 Jan 2014 21:31:40 GMT",
            b'collectionId="https://other.example/f", url="https://other.example/s", digest="0a"',
        ),
    ),
    "keys": Target(
        _text(test_signature_headers.check_keys),
        (b"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",),
        ("rfc9421-keys",),
    ),
    "webfinger": Target(
        test_webfinger.check_query, (b"resource=acct:anna@example.org", b"resource=https://example.org/@anna&rel=self")
    ),
    "jrd": Target(test_webfinger.check_answer, (b'{"subject":"acct:anna@example.org","links":[]}',)),
    "html": Target(
        _text(test_html.check_html), (b"<p>a <a href='https://a.example'>b.example</a></p>", b"<svg><style>")
    ),
    "plain": Target(_text(test_html.check_plain), (b"see https://a.example/x).\n\nb",)),
    "markdown": Target(_text(test_markdown.check_markdown), (b"# a\n\n> *b* @anna #c `d` [e](https://f.example)",)),
    "emoji": Target(_text(test_markdown.check_emoji), (b"<p>:blobcat: <code>:blobcat:</code></p>",)),
    "uris": Target(
        _text(test_uris.check_uri, test_uris.check_host, test_uris.check_handle, test_settings.check_any_host),
        (b"https://b\xc3\xbccher.example:443/a?b#c", b"@anna@example.org", b"http://[::1]:7001/"),
    ),
    "forms": Target(test_parameters.check_form, (b"status=Hoi&poll[options][]=ja&poll[options][]=nee&limit=40",)),
    "files": Target(
        test_parameters.check_files,
        (b'x\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nb\r\n--x--\r\n',),
    ),
    "bodies": Target(test_parameters.check_json, (b'{"status":"Hoi","poll":{"options":["ja","nee"]},"id":["1"]}',)),
    "search": Target(
        _text(test_parameters.check_search), (b'from:me "een fiets" -has:media before:2026-01 lang:nl fiet*',)
    ),
    "submissions": Target(
        test_parameters.check_submission,
        (b'{"type":"Create","object":{"type":"Question","content":"<p>a</p>","oneOf":[{"name":"ja"}]}}',),
    ),
    "settings": Target(
        _text(test_settings.check_toml),
        (b'[instance]\ndomain = "example.org"\norganisation = "X"\n[server]\nlisten = "127.0.0.1:8000"',),
    ),
}
