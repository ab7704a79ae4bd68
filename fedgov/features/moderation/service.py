"""Asking an administrator to look, passing that on, and deciding; the only writer of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Row, update

from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.features.moderation import policy, queries
from fedgov.features.moderation.tables import reports
from fedgov.features.moderation.vocabulary import Category, PostsCondemned, ReportAnswered, ReportDecided, ReportMade
from fedgov.federation import actors, objects, outbox
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.uris import same_origin
from fedgov.store import audit
from fedgov.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What somebody finds wrong: in their words, by kind, and against which house rules."""

    text: str
    category: Category = Category.OTHER
    rules: tuple[str, ...] = ()


_OUTCOMES: Final = {"Accept": "accepted", "Reject": "rejected"}


def report(
    tx: Transaction,
    *,
    reporter: str,
    target: str,
    object_uris: Sequence[str] = (),
    text: str = "",
    forward: bool = False,
    category: Category = Category.OTHER,
    rules: Sequence[int] = (),
) -> int:
    """Ask an administrator to look at somebody, or at what they wrote.

    Passed on, it goes to the reported person's server in the name of this
    server: who reported stays unknown there.

    Args:
        tx: The open transaction.
        reporter: URI of the local actor who asks.
        target: URI of the actor it is about.
        object_uris: URIs of posts by that actor, which the reporter may read.
        text: What is wrong, plain text.
        forward: Tell the other server too; without effect when the target is from here.
        category: What kind of wrong it is.
        rules: Numbers of the house rules that were broken, counted from one; with any it is a violation.

    Returns:
        Row id of the report; of the earlier one when the same person reported the same.

    Raises:
        NotFoundError: The target is not known.
        InvalidError: The text is too long, there is no such rule, or somebody reports themselves.
        RateLimitedError: The reporter has too many open reports, or made too many in this hour.

    Spec: ActivityStreams vocabulary, "Flag"; Mastodon reads an array with the actor first.
    """
    tx.limit("reports", of=reporter)
    if target == reporter:
        raise InvalidError("you cannot report yourself", field="comment")
    words, person = policy.check_text(text), actors.get(tx, uri=target)
    broken = policy.check_rules(rules, rules=tx.config.instance.rules)
    about = _by(tx, policy.distinct(object_uris), author=target)
    known = queries.find_same(tx, reporter=reporter, target=target, objects=_dump(about))
    why = Why(text=words, category=Category.VIOLATION if broken else category, rules=tuple(broken))
    report_id = int(known.id) if known is not None else _add(tx, reporter=reporter, target=target, about=about, why=why)
    if forward and not person.local and not (known is not None and known.forwarded):
        flag = _pass_on(tx, target=target, about=about, text=words)
        tx.execute(update(reports).where(reports.c.id == report_id).values(forwarded=True, flag_uri=flag))
    return report_id


def receive_report(tx: Transaction, *, reporter: str, uris: Sequence[str], text: str, flag_uri: str) -> int:
    """Keep what another server asks us to look at.

    Only what is about somebody of this instance counts; whoever signed it is
    the reporter, and what is not by the reported person is left out.

    Args:
        tx: The open transaction.
        reporter: URI of the actor who signed it.
        uris: URIs of actors and posts, in any order.
        text: What is wrong, as the other server says; cut at 5,000 characters.
        flag_uri: Id of the activity.

    Returns:
        Row id of the report; of the earlier one when the same was reported already.

    Raises:
        NotFoundError: Nothing of it is here.
        RateLimitedError: That server has too many open reports.
    """
    named = list(dict.fromkeys(uris))
    target = _local_target(tx, named)
    if target is None:
        raise NotFoundError("nothing of what is reported is here")
    about = _by(tx, policy.distinct(uri for uri in named if uri != target), author=target)
    known = queries.find_same(tx, reporter=reporter, target=target, objects=_dump(about))
    if known is not None:
        return int(known.id)
    why = Why(text=policy.shorten(text))
    return _add(tx, reporter=reporter, target=target, about=about, why=why, flag_uri=flag_uri)


def decide(
    tx: Transaction, *, report_id: int, resolved: bool, by: str, note: str = "", remove_posts: bool = False
) -> None:
    """Close a report and tell whoever made it.

    Args:
        tx: The open transaction.
        report_id: Row id of the report.
        resolved: Something was done; False when nothing was wrong.
        by: URI of the administrator.
        note: What the reporter is told, plain text; it does not leave this server.
        remove_posts: Delete the reported posts.

    Raises:
        NotFoundError: There is no such report.
        ConflictError: It was decided already.
    """
    row = queries.get(tx, report_id=report_id)
    words = policy.check_note(note)
    values = {
        "state": "resolved" if resolved else "rejected",
        "decided_by": by,
        "note": words,
        "decided_at": tx.now,
        "updated_at": tx.now,
    }
    if not tx.execute(update(reports).where(reports.c.id == report_id, reports.c.state == "open").values(**values)):
        raise ConflictError("this report was closed already")
    audit.note(tx, f"report.{values['state']}", target=report_id)
    if remove_posts:
        found = [objects.find(tx, uri=uri) for uri in orjson.loads(row.objects)]
        wanted = tuple(each.id for each in found if each is not None and each.deleted_at is None)
        tx.tell(PostsCondemned(report_id=report_id, object_ids=wanted, by=by))
    if tx.site.owns(row.reporter):
        tx.tell(ReportDecided(report_id=report_id, reporter=row.reporter, resolved=resolved, note=words))
    else:
        _answer(tx, row, kind="Accept" if resolved else "Reject")


def assign(tx: Transaction, *, report_id: int, to: str | None) -> None:
    """Note which administrator looks into a report, or that nobody does.

    Args:
        tx: The open transaction.
        report_id: Row id of the report.
        to: URI of the administrator; None for nobody.

    Raises:
        NotFoundError: There is no such report.
    """
    queries.get(tx, report_id=report_id)
    _change(tx, report_id, assigned_to=to)
    audit.note(tx, "report.unassigned" if to is None else "report.assigned", target=report_id)


def classify(tx: Transaction, *, report_id: int, category: Category | None, rules: Sequence[int] | None) -> None:
    """Change of what kind the wrong is that somebody reported.

    Args:
        tx: The open transaction.
        report_id: Row id of the report.
        category: The kind; None leaves it as it is.
        rules: Numbers of the house rules that were broken, counted from one; None leaves them as they are.

    Raises:
        NotFoundError: There is no such report.
        InvalidError: There is no such rule.
    """
    row = queries.get(tx, report_id=report_id)
    kind = Category(row.category) if category is None else category
    broken = orjson.loads(row.rules)
    if rules is not None:
        broken = policy.check_rules(rules, rules=tx.config.instance.rules)
    if kind is not Category.VIOLATION:
        broken = []
    _change(tx, report_id, category=kind.value, rules=_dump(broken))
    audit.note(tx, "report.changed", target=report_id)


def reopen(tx: Transaction, *, report_id: int) -> None:
    """Let a closed report wait again; whoever made it was told already.

    Args:
        tx: The open transaction.
        report_id: Row id of the report.

    Raises:
        NotFoundError: There is no such report.
        ConflictError: It is open.
    """
    if queries.get(tx, report_id=report_id).state == "open":
        raise ConflictError("this report is open already")
    _change(tx, report_id, state="open", decided_by=None, decided_at=None, note="")
    audit.note(tx, "report.reopened", target=report_id)


def _change(tx: Transaction, report_id: int, **values: Any) -> None:  # noqa: ANN401 - values of columns
    tx.execute(update(reports).where(reports.c.id == report_id).values(**values, updated_at=tx.now))


def receive_outcome(tx: Transaction, *, actor: str, flag_uri: str, kind: str) -> None:
    """Note what another server made of a report that was passed on to it.

    Args:
        tx: The open transaction.
        actor: URI of who answered.
        flag_uri: Id of the Flag that we sent.
        kind: ``Accept`` or ``Reject``.

    Raises:
        NotFoundError: We sent no such Flag.
        ForbiddenError: It was not sent to that server.
    """
    row = queries.find_by_flag(tx, uri=flag_uri)
    if row is None or not row.forwarded:
        raise NotFoundError("there is no such report")
    if not same_origin(actor, row.target):
        raise ForbiddenError("the report was not sent to this server")
    if row.outcome == _OUTCOMES[kind]:
        return
    tx.execute(update(reports).where(reports.c.id == row.id).values(outcome=_OUTCOMES[kind]))
    tx.tell(ReportAnswered(report_id=row.id, reporter=row.reporter, accepted=kind == "Accept"))


def _add(
    tx: Transaction, *, reporter: str, target: str, about: Sequence[str], why: Why, flag_uri: str | None = None
) -> int:
    policy.check_number(queries.count_open_of(tx, reporter=reporter))
    report_id = tx.new_id()
    tx.execute(
        reports.insert(),
        {
            "id": report_id,
            "reporter": reporter,
            "target": target,
            "objects": _dump(about),
            "text": why.text,
            "category": why.category.value,
            "rules": _dump(why.rules),
            "flag_uri": flag_uri,
            "state": "open",
            "created_at": tx.now,
        },
    )
    tx.tell(ReportMade(report_id=report_id, target=target))
    return report_id


def _pass_on(tx: Transaction, *, target: str, about: Sequence[str], text: str) -> str:
    """Send a Flag in the name of the server."""
    return outbox.publish(
        tx,
        actor=tx.site.application,
        activity={"type": "Flag", "object": [target, *about], "content": text},
        audience=Audience(to=(target,)),
        visibility=Visibility.DIRECT,
    )


def _answer(tx: Transaction, row: Row[Any], *, kind: str) -> None:
    """Tell the server that reported something what became of it, without details."""
    if row.flag_uri is None:
        return
    inner = {
        "type": "Flag",
        "id": row.flag_uri,
        "actor": row.reporter,
        "object": [row.target, *orjson.loads(row.objects)],
    }
    outbox.publish(
        tx,
        actor=tx.site.application,
        activity={"type": kind, "object": inner},
        audience=Audience(to=(row.reporter,)),
        visibility=Visibility.DIRECT,
    )


def _local_target(tx: Transaction, uris: Sequence[str]) -> str | None:
    """Return the first person of this instance among what is named, or the author of the first post from here."""
    ours = [uri for uri in uris if tx.site.owns(uri)]
    for uri in ours:
        person = actors.find(tx, uri=uri)
        if person is not None and person.local and person.deleted_at is None:
            return uri
    for uri in ours:
        thing = objects.find(tx, uri=uri)
        if thing is not None and thing.local and thing.deleted_at is None:
            return str(thing.attributed_to)
    return None


def _by(tx: Transaction, uris: Sequence[str], *, author: str) -> list[str]:
    """Return those posts that we have and that are by this author."""
    found = [objects.find(tx, uri=uri) for uri in uris]
    return [row.uri for row in found if row is not None and row.attributed_to == author]


def _dump(uris: Sequence[str]) -> str:
    return orjson.dumps(list(uris)).decode()
