"""What a check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "look", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Args:
        state: ``good``; ``look``: somebody should look at it; ``bad``: something does not work.
        about: What was checked.
        words: What was found and what to do, in plain words.
    """

    state: State
    about: str
    words: str
