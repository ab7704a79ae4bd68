"""What other rooms may hear from this one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What kind of wrong somebody reports."""

    SPAM = "spam"
    LEGAL = "legal"
    VIOLATION = "violation"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReportMade:
    """Somebody asks an administrator to look.

    Args:
        report_id: Row id of the report.
        target: URI of the actor it is about.
    """

    report_id: int
    target: str


@dataclass(frozen=True, slots=True)
class ReportDecided:
    """An administrator judged a report of somebody here.

    Args:
        report_id: Row id of the report.
        reporter: URI of the local actor who reported.
        resolved: Something was done; False when nothing was wrong.
        note: What the administrator tells the reporter, plain text.
    """

    report_id: int
    reporter: str
    resolved: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportAnswered:
    """Another server judged a report that was passed on to it.

    Args:
        report_id: Row id of the report.
        reporter: URI of the local actor who reported.
        accepted: It did something; False when it found nothing wrong.
    """

    report_id: int
    reporter: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class PostsCondemned:
    """An administrator wants reported posts gone: those of people here everywhere, others at least from here.

    Args:
        report_id: Row id of the report.
        object_ids: Row ids of the objects, all of them stored here.
        by: URI of the administrator.
    """

    report_id: int
    object_ids: tuple[int, ...]
    by: str
