"""What an installed wheel carries, and where a checkout keeps it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from fedgov.web import resources

ROOT: Final = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout; the front end must have been built, as the tests fetch nothing."""
    if not (ROOT / "fedgov/web/static/vendor/built-from.txt").is_file():
        pytest.skip("the front end is not built; run `make frontend`")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_a_wheel_carries_templates_front_end_files_and_translations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    expected = {f"fedgov/web/static/vendor/{name}" for name in ("utrecht.css", "htmx.min.js")}
    expected |= {f"fedgov/web/templates/{p.relative_to(ROOT / 'templates')}" for p in ROOT.glob("templates/**/*.html")}
    expected |= {
        str(source.relative_to(ROOT).with_suffix(".mo")) for source in ROOT.glob("fedgov/web/locale/*/LC_MESSAGES/*.po")
    }
    assert expected <= names
    assert not {name for name in names if name.startswith(("tests/", "node_modules/", "instances/", "keys/"))}


def test_an_installed_wheel_finds_its_files_inside_the_package(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = "from fedgov.web.resources import *; print(static_dir(), templates_dir(), sep='\\n')"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    found = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout.splitlines()

    assert found == [str(tmp_path / "fedgov/web/static"), str(tmp_path / "fedgov/web/templates")]


def test_a_checkout_finds_its_templates_beside_the_package() -> None:
    assert resources.templates_dir() == ROOT / "templates"
    assert resources.static_dir() == ROOT / "fedgov" / "web" / "static"


def test_the_folder_inside_the_package_goes_before_the_one_beside_it(tmp_path: Path) -> None:
    inside, beside = tmp_path / "inside", tmp_path / "beside"
    beside.mkdir()
    assert resources.first_folder(inside, beside) == beside

    inside.mkdir()
    assert resources.first_folder(inside, beside) == inside


def test_an_incomplete_installation_says_which_folders_are_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"inside.*beside"):
        resources.first_folder(tmp_path / "inside", tmp_path / "beside")
