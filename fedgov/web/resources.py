"""Where the files are that are not Python: templates, static files and translations.

A wheel carries all of them inside this package. In a checkout the templates lie
beside it, in ``templates/`` at the top, where an editable install leaves them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
_CHECKOUT: Final = _HERE.parents[1]


def templates_dir() -> Path:
    """The folder with one subfolder of Jinja templates for each room, and ``_layout``."""
    return first_folder(_HERE / "templates", _CHECKOUT / "templates")


def static_dir() -> Path:
    """The folder that is served as ``/static``, with the npm packages' files in ``vendor``."""
    return first_folder(_HERE / "static", _CHECKOUT / "static")


def locale_dir() -> Path:
    """The folder with one subfolder of message catalogues for each language."""
    return first_folder(_HERE / "locale", _CHECKOUT / "locale")


def first_folder(*candidates: Path) -> Path:
    """The first of these folders that exists.

    Raises:
        FileNotFoundError: None does, so the installation is incomplete; the message names them all.
    """
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"None of these folders exists: {', '.join(map(str, candidates))}")
