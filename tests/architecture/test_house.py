"""Rules of the house that import contracts cannot express."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
FEATURES: Final = "fedgov.features"
ENTRANCES: Final = frozenset({"service", "queries", "vocabulary", "present"})
RECEPTION: Final = "fedgov.mastodon"
"""A door of all rooms; theirs look into their own policy for the limits that they tell, and so does it."""

ENTRANCE_HALL: Final = frozenset({"fedgov.app", "fedgov.cli", "fedgov.__main__"})
PROOF: Final = "VerifiedActivity"
GATE: Final = "fedgov.federation.gate"


def modules(folder: Path = ROOT) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((folder / "fedgov").rglob("*.py")):
        name = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(), filename=str(path))


def imported(tree: ast.Module) -> Iterator[str]:
    """Each thing that is imported, as far as its name goes: a module or something in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str | None:
    parts = name.removeprefix(f"{FEATURES}.").split(".")
    return parts[0] if name.startswith(f"{FEATURES}.") else None


def wrong_entrances(importer: str, tree: ast.Module, *, rooms: frozenset[str]) -> list[str]:
    entrances = ENTRANCES | {"feature"} if importer in ENTRANCE_HALL else ENTRANCES
    if importer.startswith(f"{RECEPTION}."):
        entrances |= {"policy"}
    wrong = []
    for target in imported(tree):
        room = room_of(target)
        if room not in rooms or room == room_of(importer):
            continue
        inside = target.removeprefix(f"{FEATURES}.{room}").removeprefix(".").split(".")[0]
        if inside not in entrances:
            wrong.append(f"{importer} imports {target}")
    return wrong


def rooms() -> frozenset[str]:
    return frozenset(path.parent.name for path in (ROOT / "fedgov/features").glob("*/__init__.py"))


def test_a_room_is_entered_by_its_service_queries_or_vocabulary() -> None:
    assert [wrong for name, tree in modules() for wrong in wrong_entrances(name, tree, rooms=rooms())] == []


@pytest.mark.parametrize(
    ("importer", "line", "allowed"),
    [
        ("fedgov.features.notices.service", "from fedgov.features.posts.queries import thread", True),
        ("fedgov.features.notices.service", "from fedgov.features.posts import vocabulary", True),
        ("fedgov.features.notices.service", "from fedgov.features.posts.tables import POSTS", False),
        ("fedgov.features.notices.service", "from fedgov.features.posts import policy", False),
        ("fedgov.features.notices.service", "import fedgov.features.posts.pages", False),
        ("fedgov.features.notices.service", "from fedgov.features.posts.feature import FEATURE", False),
        ("fedgov.features.posts.pages", "from fedgov.features.posts.present import card", True),
        ("fedgov.mastodon.entities.instance", "from fedgov.features.posts import policy", True),
        ("fedgov.mastodon.statuses", "from fedgov.features.posts.tables import POSTS", False),
        ("fedgov.mastodon.statuses", "import fedgov.features.posts.pages", False),
        ("fedgov.app", "from fedgov.features.posts.feature import FEATURE", True),
        ("fedgov.app", "from fedgov.features.posts.tables import POSTS", False),
    ],
)
def test_the_scan_knows_an_entrance_from_a_window(importer: str, line: str, *, allowed: bool) -> None:
    assert (wrong_entrances(importer, ast.parse(line), rooms=frozenset({"posts", "notices"})) == []) is allowed


def builders(name: str, tree: ast.Module) -> list[str]:
    """Calls in one module that build a proof, also by ``replace`` and past the constructor."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _names_proof(node.func):
            found.append(f"{name}:{node.lineno}")
        if isinstance(node, ast.ClassDef) and any(_names_proof(base) for base in node.bases):
            found.append(f"{name}:{node.lineno}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__new__":
            found.extend(f"{name}:{node.lineno}" for argument in node.args if _names_proof(argument))
    return found


def _names_proof(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == PROOF) or (isinstance(node, ast.Attribute) and node.attr == PROOF)


def is_gate(name: str) -> bool:
    return name == GATE or name.startswith(f"{GATE}.")


def test_only_the_gate_builds_a_verified_activity() -> None:
    assert [place for name, tree in modules() if not is_gate(name) for place in builders(name, tree)] == []


@pytest.mark.parametrize(
    ("code", "builds"),
    [
        ("VerifiedActivity(document={})", True),
        ("gate.VerifiedActivity(document={})", True),
        ("class Mine(VerifiedActivity): pass", True),
        ("object.__new__(VerifiedActivity)", True),
        ("def on_post(activity: VerifiedActivity) -> None: ...", False),
        ("isinstance(thing, VerifiedActivity)", False),
    ],
)
def test_the_scan_sees_a_proof_being_built(code: str, *, builds: bool) -> None:
    assert bool(builders("fedgov.somewhere", ast.parse(code))) is builds


# Put together here, so that this file does not name what it forbids.
FORBIDDEN: Final = tuple(
    "".join(parts)
    for parts in (
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("registry.npmjs", ".org"),
        ("registry.yarnpkg", ".com"),
        ("unpkg", ".com"),
        ("jsdelivr", ".net"),
        ("docker", ".io"),
        ("ghcr", ".io"),
        ("proxy.golang", ".org"),
        ("/ro", "ot/"),
        ("/wo", "rk/"),
        ("--find", "-links"),
        ("--extra-index", "-url"),
    )
)


def unwelcome(text: str) -> list[str]:
    return [pattern for pattern in FORBIDDEN if pattern in text]


def test_no_file_names_a_package_registry_or_a_path_of_somebodys_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and (patterns := unwelcome(path.read_bytes().decode(errors="ignore"))):
            found[name] = patterns
    assert found == {}


def test_the_scan_finds_a_registry_and_a_path() -> None:
    assert unwelcome("see https://" + "pypi" + ".org/simple") == ["pypi" + ".org"]
    assert unwelcome("cd /wo" + "rk/somewhere") == ["/wo" + "rk/"]
    assert unwelcome("https://gemeente.example/users/fatima") == []
