"""Making an instance, and every mistake that one can make in it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedgov.cli.main import fedgov
from fedgov.kernel import config as configuration
from tests.cli.commandline import done, make_instance, refused, rows, run, type_in

GOUDA = ("--domain", "gouda.example", "--organisation", 'gemeente "Gouda"')


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_instance_has_a_configuration_keys_and_a_database(home: Path) -> None:
    made = run("--home", home, "init", "gouda", *GOUDA, "--tooi", "gm0513", "--contact", "beheer@gouda.example")
    assert (made.returncode, made.stderr) == (0, "")
    assert "fedgov -i gouda user create YOU --admin" in made.stdout

    config = configuration.load(home / "gouda")
    assert (config.instance.domain, config.instance.organisation) == ("gouda.example", 'gemeente "Gouda"')
    assert (config.instance.tooi, config.instance.contact) == ("gm0513", "beheer@gouda.example")
    owners = rows(home, "gouda", "SELECT owner, kind FROM keys WHERE private IS NOT NULL ORDER BY owner, kind")
    assert owners == [
        (f"https://gouda.example/{name}", kind) for name in ("actor", "organisation") for kind in ("ed25519", "rsa")
    ]


@pytest.mark.parametrize(
    ("listen", "trusted"),
    [("127.0.0.1:8000", {"127.0.0.1/32", "::1/128"}), ("[::1]:80", {"127.0.0.1/32", "::1/128"}), ("0.0.0.0:80", set())],
)
def test_a_proxy_on_this_machine_is_believed(home: Path, listen: str, trusted: set[str]) -> None:
    done(home, "init", "gouda", *GOUDA, "--listen", listen)
    assert {str(network) for network in configuration.load(home / "gouda").server.trusted_proxies} == trusted


def test_nobody_else_can_read_a_new_instance(home: Path) -> None:
    assert run("--home", home, "init", "gouda", *GOUDA).returncode == 0
    assert mode(home / "gouda") == 0o700
    assert {path.name: mode(path) for path in (home / "gouda").iterdir()} == {
        "config.toml": 0o600,
        "fedgov.sqlite3": 0o600,
    }


def test_an_instance_is_made_in_postgres(home: Path, postgres_url: str) -> None:
    done(home, "init", "gouda", *GOUDA, "--database", postgres_url)
    assert configuration.load(home / "gouda").database_url == postgres_url
    assert not (home / "gouda" / "fedgov.sqlite3").exists()
    assert done(home, "-i", "gouda", "user", "list")


def test_an_instance_is_never_made_over_another_one(home: Path) -> None:
    done(home, "init", "gouda", *GOUDA)
    before = (home / "gouda" / "config.toml").read_bytes()
    words = refused(home, "init", "gouda", "--domain", "delft.example", "--organisation", "gemeente Delft")
    assert "exists already and was left as it is" in words
    assert (home / "gouda" / "config.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["Gouda", "../gouda", "-gouda", "gou da", ""])
def test_a_name_that_is_no_folder_name_is_refused(home: Path, name: str) -> None:
    refused(home, "init", "--", *GOUDA, name, status=2) if name.startswith("-") else refused(
        home, "init", name, *GOUDA, status=2
    )
    assert not home.exists()


def test_every_mistake_on_the_line_is_listed_and_nothing_is_made(home: Path) -> None:
    words = refused(
        home,
        "init",
        "gouda",
        "--domain", "gou da",
        "--organisation", " ",
        "--tooi", "Gouda",
        "--contact", "nobody",
        "--listen", "8000",
        "--database", "mysql://fedgov:geheim@localhost/fedgov",
    )  # fmt: skip
    for setting in ("domain", "organisation", "tooi", "contact"):
        assert f"instance.{setting} " in words
    assert "server.listen is '8000'; expected an address and a port like 127.0.0.1:8000" in words
    assert "database.url is not understood" in words
    assert "geheim" not in words
    assert not (home / "gouda").exists()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://fedgov:geheim@127.0.0.1:1/fedgov",
        "postgresql://fedgov:geheim@127.0.0.1:port/fedgov",
        "postgresql://fedgov:geheim@127.0.0.1:99999/fedgov",
        "postgresql://fedgov:geheim@nowhere.invalid/fedgov",
        "sqlite:////nowhere/fedgov.sqlite3",
    ],
)
def test_a_database_that_cannot_be_opened_is_told_without_its_password_and_nothing_is_left(
    home: Path, url: str
) -> None:
    words = refused(home, "init", "gouda", *GOUDA, "--database", url)
    assert words.startswith("Error: the database cannot be opened (")
    assert "geheim" not in words
    assert not (home / "gouda").exists()


def test_a_database_of_another_instance_is_refused_and_left_as_it_is(home: Path, postgres_url: str) -> None:
    make_instance(home, "delft", domain="delft.example", database=postgres_url)
    words = refused(home, "init", "gouda", *GOUDA, "--database", postgres_url)
    assert "this database belongs to delft.example, not to gouda.example" in words
    assert not (home / "gouda").exists()
    assert done(home, "-i", "delft", "user", "list")


def test_a_domain_that_was_changed_afterwards_is_refused(home: Path) -> None:
    done(home, "init", "gouda", *GOUDA)
    path = home / "gouda" / "config.toml"
    path.write_text(path.read_text().replace("gouda.example", "other.example"))
    assert "an instance cannot change its name" in refused(home, "serve")


WRONG = """\
[instance]
domain = "gouda.example"
scheme = "http"
langauge = "nl"

[server]
listen = 8000
aliases = "localhost"

[federation]
trust = "everyone"
authorised_fetch = "yes"
allow_networks = ["10.0.0.0/99"]

[posts]
max_characters = -1

[colours]
"""


@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("doctor",), ("user", "list"), ("backup", "file")])
def test_every_mistake_in_a_configuration_is_listed_by_name_with_what_was_expected(
    home: Path, command: tuple[str, ...]
) -> None:
    folder = home / "gouda"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(WRONG)
    words = refused(home, *command).splitlines()
    assert words[0] == f"Error: {folder / 'config.toml'} has 9 mistake(s):"
    assert sorted(words[1:]) == [
        "  - [colours] is not a section; expected one of "
        "instance, server, database, federation, accounts, posts, media, limits, metrics",
        "  - federation.allow_networks has '10.0.0.0/99'; expected networks like 10.0.0.0/8",
        "  - federation.authorised_fetch is 'yes'; expected true or false",
        "  - federation.trust is 'everyone'; expected one of 'open', 'listed'",
        "  - instance.langauge is not a setting; expected one of "
        "domain, organisation, scheme, tooi, language, contact, description, rules",
        "  - instance.organisation is missing; expected the name of the organisation",
        "  - posts.max_characters is -1; expected a whole number above 0",
        "  - server.aliases is 'localhost'; expected a list of texts",
        "  - server.listen is 8000; expected a text",
    ]


def test_the_mistakes_of_all_instances_are_listed_at_once(home: Path) -> None:
    make_instance(home, "gouda")
    for name in ("breda", "delft"):
        (home / name).mkdir()
        (home / name / "config.toml").write_text("[instance]\n")
    words = refused(home, "serve")
    assert words.count("2 mistake(s)") == 2
    assert "breda" in words
    assert "delft" in words


def test_a_configuration_that_is_no_toml_is_told_with_its_line(home: Path) -> None:
    (home / "gouda").mkdir(parents=True)
    (home / "gouda" / "config.toml").write_text("[instance]\ndomain = gouda")
    assert "not readable as TOML: Invalid value (at line 2, column 10)" in refused(home, "serve")


def test_the_instance_must_be_named_when_there_are_several(home: Path) -> None:
    make_instance(home, "gouda")
    assert "gouda: schema" in done(home, "migrate")
    make_instance(home, "delft")
    assert "say which instance with -i NAME; there are: delft, gouda" in refused(home, "migrate", status=2)
    assert "delft: schema" in done(home, "-i", "delft", "migrate")
    assert "there is no instance 'breda'" in refused(home, "-i", "breda", "migrate", status=2)


def test_the_home_may_come_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_instance(home, "gouda")
    monkeypatch.setenv("FEDGOV_HOME", str(home))
    assert "gouda: schema" in CliRunner().invoke(fedgov, ["migrate"]).output
    assert type_in(home / "elsewhere", "migrate").exit_code == 2
