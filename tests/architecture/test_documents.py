"""The documentation says what the code does, and every way that it points exists."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import click
import pytest

from fedgov.app import FEATURES
from fedgov.cli.main import fedgov
from fedgov.federation.doors import collection, doors
from tests import documents, reference
from tests.documents import ROOT

UNIT: Final = ROOT / "docs/how-to/fedgov.service"
FEDERATION: Final = ROOT / "docs/federation"
DECISIONS: Final = ROOT / "docs/decisions"
PAGES: Final = list(documents.pages())


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- what is made from the code ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*documents.PARTS, *documents.PICTURES])
def test_a_reference_page_says_what_the_code_does(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == documents.written(page), "run `make docs`"


def test_a_made_part_replaces_the_old_one_and_nothing_else() -> None:
    start, end = documents.mark("settings")
    page = f"before\n{start}\nold\n{end}\nafter\n"
    assert documents.put(page, name="settings", part="new") == f"before\n{start}\n\nnew\n\n{end}\nafter\n"


@pytest.mark.parametrize("damage", ["", "{start}", "{end} {start}", "{start} {start} {end}"])
def test_a_page_without_a_place_for_a_part_is_refused(damage: str) -> None:
    start, end = documents.mark("settings")
    with pytest.raises(ValueError, match="expected the lines"):
        documents.put(damage.format(start=start, end=end), name="settings", part="new")


@pytest.mark.parametrize(
    ("method", "address", "example", "show"), reference.DOORS, ids=[f"{door[0]} {door[1]}" for door in reference.DOORS]
)
def test_a_documented_door_is_where_the_page_says(
    method: str, address: str, example: str, show: reference.Show
) -> None:
    found = reference.some_doors()._find(example, method=method, accept=b"application/activity+json")
    assert found is not None, address
    assert reference.whose(found) is reference.whose(show)


def test_every_door_is_documented() -> None:
    documented = {address for _, address, _, _ in reference.DOORS}
    assert set(doors._WELL_KNOWN) <= documented
    assert {f"/users/{{name}}/{name}" for name in collection.NAMES} <= documented
    assert reference.door_modules() <= {
        reference.whose(show).__module__.rpartition(".")[2] for *_, show in reference.DOORS
    }


# --- what others can send ---------------------------------------------------------------------------------------


def incoming(page: Path) -> str:
    """What a page about federation says about messages that come in."""
    return page.read_text(encoding="utf-8").partition("\n## Incoming\n")[2].partition("\n## ")[0]


def family_pages() -> list[Path]:
    return [page for page in sorted(FEDERATION.glob("*.md")) if page.name != "README.md"]


def test_every_activity_that_is_handled_is_explained() -> None:
    explained = "\n".join(map(incoming, family_pages()))
    handled = {kind for feature in FEATURES for kind, _ in feature.handlers}
    assert {kind for kind in handled if f"`{kind}" not in explained} == set()


def test_every_undo_and_answer_is_explained_with_what_it_is_about() -> None:
    explained = "\n".join(map(incoming, family_pages()))
    pairs = {f"`{kind}` of `{about}`" for feature in FEATURES for kind, about in feature.handlers if kind in _INNER}
    assert {pair for pair in pairs if pair not in explained} == set()


_INNER: Final = ("Accept", "Reject", "Undo")


@pytest.mark.parametrize("page", family_pages(), ids=name_of)
def test_a_page_about_federation_tells_both_ways_and_is_listed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "\n## Outgoing\n" in text
    assert "\n## Incoming\n" in text
    assert page.name in documents.links((FEDERATION / "README.md").read_text(encoding="utf-8"))


# --- where pages point to ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert documents.broken_links(page) == []


def test_a_link_to_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# One heading\n")
    page = tmp_path / "page.md"
    page.write_text("[a](there.md) [b](there.md#one-heading) [c](gone.md) [d](there.md#gone)\n```\n[e](code.md)\n```\n")
    assert documents.broken_links(page) == ["gone.md", "there.md#gone"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = [path for path in documents.named_paths(page.read_text(encoding="utf-8")) if not _is_example(path)]
    assert [path for path in named if not (ROOT / path).exists()] == []


def _is_example(path: str) -> bool:
    return bool(re.search(r"\bproposals?\b|\bNAME\b|NNNN|^instances/demo|^docs/reference/benchmarks", path))


def test_every_page_that_the_code_names_exists() -> None:
    named = {
        (match, name_of(source))
        for source in (ROOT / "fedgov").rglob("*.py")
        for match in re.findall(r"docs/[\w/-]+\.\w+", source.read_text(encoding="utf-8"))
    }
    assert {(page, source) for page, source in named if not (ROOT / page).is_file()} == set()


def test_every_heading_of_federation_md_that_the_code_names_exists() -> None:
    headings = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    for source in (ROOT / "fedgov").rglob("*.py"):
        for heading in re.findall(r'``FEDERATION\.md``, "([^"]+)"', source.read_text(encoding="utf-8")):
            assert re.search(rf"^#+ {re.escape(heading)}$", headings, re.MULTILINE), f"{heading} ({source.name})"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link in documents.links(index)}
    wanted = {
        page
        for page in PAGES
        if page.is_relative_to(ROOT / "docs")
        and page.parent not in (DECISIONS, FEDERATION)
        and page != ROOT / "docs/README.md"
    }
    assert {name_of(page) for page in wanted - linked} == set()


def test_every_decision_is_in_the_index() -> None:
    listed = set(documents.links((DECISIONS / "README.md").read_text(encoding="utf-8")))
    assert {page.name for page in DECISIONS.glob("[0-9]*.md")} == listed


# --- what pages tell to type ------------------------------------------------------------------------------------


def objection(typed: str) -> str | None:
    """Why a command cannot be typed like this; None when it can."""
    context, words = click.Context(fedgov, info_name="fedgov"), shlex.split(typed)
    given = 0
    while words:
        word = words.pop(0)
        command = context.command
        if word.startswith("-"):
            name, attached, _ = word.partition("=")
            option = next((item for item in command.params if name in item.opts), None)
            if option is None and name not in ("-h", "--help"):
                return f"{context.command_path} has no option {name}"
            if isinstance(option, click.Option) and not option.is_flag and not attached:
                words = words[1:]
        elif isinstance(command, click.Group):
            below = reference.step(context, word)
            if below is None:
                return f"{context.command_path} has no command {word}"
            context = below
        else:
            given += 1
    arguments = [item for item in context.command.params if isinstance(item, click.Argument)]
    least = sum(item.required for item in arguments)
    most = 1_000 if any(item.nargs == -1 for item in arguments) else len(arguments)
    return None if least <= given <= most else f"{context.command_path} takes other arguments"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_a_page_tells_to_type_exists(page: Path) -> None:
    typed = documents.typed_commands(page.read_text(encoding="utf-8"))
    assert {each: reason for each in typed if (reason := objection(each)) is not None} == {}


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("serve", None),
        ("--home demo -i leeuwarden deliveries --failed --retry", None),
        ('-i leeuwarden user create jelle --name "Jelle Visser" --admin', None),
        ("--home=demo serve one two", None),
        ("serv", "fedgov has no command serv"),
        ("user create --administrator jelle", "fedgov user create has no option --administrator"),
        ("user create", "fedgov user create takes other arguments"),
        ("follow jelle @anna@groningen.example now", "fedgov follow takes other arguments"),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(typed: str, reason: str | None) -> None:
    assert objection(typed) == reason


def test_commands_are_found_in_the_blocks_of_a_page() -> None:
    text = (
        "```sh\n.venv/bin/fedgov serve a\necho x | fedgov user create \\\n  b   # why\n"
        "sudo -u fedgov fedgov doctor\n```\n"
        "```toml\nfedgov no\n```\n"
    )
    assert documents.typed_commands(text) == ["serve a", "user create    b", "doctor"]


# --- the systemd unit -------------------------------------------------------------------------------------------


def test_the_systemd_unit_is_in_order(tmp_path: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert objection(shlex.join(arguments)) is None
    analyse = shutil.which("systemd-analyze")
    if analyse is None:  # not installed on every machine; the rest was looked at
        return
    copy = tmp_path / "fedgov.service"
    copy.write_text(UNIT.read_text(encoding="utf-8").replace(program, "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        [analyse, "verify", "--man=no", "--recursive-errors=no", copy], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
