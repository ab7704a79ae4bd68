"""The configuration: every mistake at once, by name, with what was expected."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from fedgov.kernel.config import Config, ConfigurationError, load, read

SMALLEST: dict[str, dict[str, Any]] = {
    "instance": {"domain": "groningen.example", "organisation": "gemeente Groningen"}
}


def table(**sections: dict[str, Any]) -> dict[str, Any]:
    """The smallest configuration with other settings added."""
    return {name: {**SMALLEST.get(name, {}), **sections.get(name, {})} for name in {*SMALLEST, *sections}}


def mistakes(tmp_path: Path, found: dict[str, Any], *, name: str = "groningen") -> list[str]:
    """What is wrong with a configuration; it must be refused."""
    with pytest.raises(ConfigurationError) as refusal:
        read(found, folder=tmp_path / name)
    assert all(mistake in str(refusal.value) for mistake in refusal.value.mistakes)
    return refusal.value.mistakes


def accepted(tmp_path: Path, **sections: dict[str, Any]) -> Config:
    """The configuration as it is read."""
    return read(table(**sections), folder=tmp_path / "groningen")


def test_a_domain_and_an_organisation_are_enough(tmp_path: Path) -> None:
    config = accepted(tmp_path)

    assert config.name == "groningen"
    assert config.site.origin == "https://groningen.example"
    assert config.instance.language == "nl"
    assert (config.instance.tooi, config.instance.contact, config.instance.description) == ("", "", "")
    assert config.listen == ("127.0.0.1", 8000)
    assert (config.server.aliases, config.server.trusted_proxies) == ((), ())
    assert config.database_url == f"sqlite:///{tmp_path / 'groningen' / 'fedgov.sqlite3'}"
    assert config.federation.trust == "open"
    assert config.federation.allow_networks == ()
    assert not config.federation.authorised_fetch
    assert not config.federation.allow_http
    assert (config.accounts.registration, config.accounts.session_days) == ("closed", 30)
    assert (config.posts.max_characters, config.posts.max_attachments, config.posts.max_poll_options) == (5_000, 8, 10)
    assert (config.media.max_bytes, config.media.max_pixels) == (20_000_000, 50_000_000)
    assert config.media.cache_bytes == 1_000_000_000


def test_all_mistakes_are_listed_at_once_by_name_and_with_what_was_expected(tmp_path: Path) -> None:
    wrong = {
        "instance": {
            "domain": "not a host",
            "scheme": "http",
            "language": "de",
            "contact": "nobody",
            "tooi": "14",
            "colour": 1,
        },
        "server": {"listen": "8000", "trusted_proxies": ["10.0.0.0/99"]},
        "federation": {"allow_http": "yes", "trust": "some"},
        "posts": {"max_characters": 0},
        "mail": {},
    }

    found = mistakes(tmp_path, wrong, name="Town Hall")

    for name, expected in (
        ("instance.domain", "a host name like"),
        ("instance.organisation", "the name of the organisation"),
        ("instance.language", "'nl', 'en', 'fy'"),
        ("instance.contact", "an e-mail address"),
        ("instance.tooi", "gm0014"),
        ("instance.colour", "expected one of domain, organisation"),
        ("server.listen", "127.0.0.1:8000"),
        ("server.trusted_proxies", "10.0.0.0/8"),
        ("federation.allow_http", "true or false"),
        ("federation.trust", "'open', 'listed'"),
        ("posts.max_characters", "a whole number above 0"),
        ("[mail]", "expected one of instance, server"),
        ("Town Hall", "small letters"),
    ):
        assert [mistake for mistake in found if name in mistake and expected in mistake], name
    assert len(found) == 13


def test_a_contradiction_is_listed_beside_other_mistakes(tmp_path: Path) -> None:
    found = mistakes(tmp_path, table(instance={"scheme": "http"}, posts={"max_characters": "many"}))

    assert len(found) == 2
    assert "federation.allow_http = true" in found[1]


@pytest.mark.parametrize(
    ("section", "setting", "value"),
    [
        ("instance", "organisation", "  "),
        ("instance", "organisation", 7),
        ("instance", "domain", ""),
        ("instance", "domain", "https://groningen.example"),
        ("instance", "domain", "groningen.example/social"),
        ("instance", "language", ["nl"]),
        ("server", "listen", "127.0.0.1:0"),
        ("server", "listen", "127.0.0.1:65536"),
        ("server", "listen", ":8000"),
        ("server", "listen", "127.0.0.1:８０"),
        ("server", "aliases", "localhost"),
        ("server", "aliases", ["a b"]),
        ("server", "trusted_proxies", [10]),
        ("database", "url", "mysql://here"),
        ("database", "url", "sqlite://"),
        ("database", "url", "sqlite:///"),
        ("database", "url", "sqlite:///:memory:"),
        ("federation", "allow_http", 1),
        ("federation", "allow_networks", ["everything"]),
        ("accounts", "session_days", True),
        ("accounts", "session_days", 1.5),
        ("media", "max_bytes", -1),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(tmp_path: Path, section: str, setting: str, value: object) -> None:
    (mistake,) = mistakes(tmp_path, table(**{section: {setting: value}}))
    assert mistake.startswith(f"{section}.{setting} ")


def test_what_must_be_a_section_is_one(tmp_path: Path) -> None:
    assert mistakes(tmp_path, {**SMALLEST, "server": "here"}) == ["[server] must be a section with settings"]


def test_plain_http_needs_the_word_of_the_administrator(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, table(instance={"scheme": "http"}))
    assert "federation.allow_http" in mistake

    config = accepted(tmp_path, instance={"scheme": "http"}, federation={"allow_http": True})
    assert config.site.origin == "http://groningen.example"


@pytest.mark.parametrize(
    ("scheme", "written", "stored"),
    [
        ("https", "Groningen.Example.", "groningen.example"),
        ("https", "groningen.example:443", "groningen.example"),
        ("https", "groningen.example:80", "groningen.example:80"),
        ("http", "groningen.example:80", "groningen.example"),
        ("http", "groningen.example:443", "groningen.example:443"),
        ("http", "groningen.localhost:7001", "groningen.localhost:7001"),
    ],
)
def test_a_domain_is_stored_as_peers_will_compare_it(tmp_path: Path, scheme: str, written: str, stored: str) -> None:
    config = accepted(
        tmp_path,
        instance={"domain": written, "scheme": scheme},
        server={"aliases": [written]},
        federation={"allow_http": True},
    )
    assert config.instance.domain == stored
    assert config.server.aliases == (stored,)


def test_networks_and_addresses_are_read(tmp_path: Path) -> None:
    config = accepted(
        tmp_path,
        server={"listen": "[::1]:8443", "trusted_proxies": ["10.0.0.1/8"]},
        federation={"allow_networks": ["10.0.0.0/8", "fd00::/8"]},
        database={"url": "postgresql://fedgov@localhost/fedgov"},
    )
    assert config.listen == ("::1", 8443)
    assert config.server.trusted_proxies == (ipaddress.ip_network("10.0.0.0/8"),)
    assert config.federation.allow_networks == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    assert config.database_url == "postgresql://fedgov@localhost/fedgov"


def test_a_file_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "groningen"
    folder.mkdir()
    (folder / "config.toml").write_text('[instance]\ndomain = "groningen.example"\norganisation = "Groningen"\n')
    assert load(folder).instance.organisation == "Groningen"


@pytest.mark.parametrize(
    ("content", "expected"), [(None, "does not exist"), (b"[instance", "TOML"), (b"\xff\xfe", "TOML")]
)
def test_a_file_that_is_missing_or_no_toml_is_said_to_be(tmp_path: Path, content: bytes | None, expected: str) -> None:
    folder = tmp_path / "groningen"
    folder.mkdir()
    if content is not None:
        (folder / "config.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=expected):
        load(folder)


def test_a_file_that_cannot_be_read_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "groningen"
    (folder / "config.toml").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"cannot be read: Is a directory"):
        load(folder)
