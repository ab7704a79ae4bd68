"""Files in the composer: those that come along now, and those that were kept from an earlier try."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from quart import request

from fedgov.features.media.queries import find_many
from fedgov.features.media.service.uploads import upload
from fedgov.kernel.errors import InvalidError
from fedgov.web.bodies import FILES_AT_ONCE
from fedgov.web.cards import AttachmentCard
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form
from fedgov.web.render import current_translator

FIELDS: Final = tuple(f"attachment{number}" for number in range(1, FILES_AT_ONCE + 1))
_ID_LENGTH: Final = 19


def media_ids(form: Form) -> list[int]:
    """Return the row ids of the files that were kept, without those that are taken off."""
    wanted = dict.fromkeys(each for each in form.all("media") if each not in form.all("media_remove"))
    return [int(each) for each in wanted if each.isascii() and each.isdigit() and len(each) <= _ID_LENGTH]


async def take(actor: str, form: Form) -> Form:
    """Keep the files that came with a form; return the form with their ids instead, and what is wrong with others.

    Args:
        actor: URI of the local actor.
        form: What was sent besides.
    """
    instance, sent = current_instance(), await request.files
    kept = [str(each) for each in media_ids(form)]
    values = dict(form.values)
    values.pop("media_remove", None)
    for number, field in enumerate(FIELDS, start=1):
        file = sent.get(field)
        if file is None or not file.filename:
            continue
        alt = form.value(f"alt{number}")
        data = file.stream.read(instance.config.media.max_bytes + 1)
        try:
            stored = await upload(instance, owner=actor, name=file.filename, data=data, alt=alt)
        except InvalidError as error:
            form = form.with_error(field, (await current_translator()).gettext(error.safe))
        else:
            kept.append(str(stored.id))
            values[f"media_alt_{stored.id}"] = (stored.alt,)
            values.pop(f"alt{number}", None)
    return replace(form, values=values | {"media": tuple(kept)})


async def kept_files(actor: str, form: Form) -> tuple[AttachmentCard, ...]:
    """Return the files that were kept, to be shown in the composer.

    Args:
        actor: URI of the local actor; others' files are left out.
        form: What `take` gave.
    """
    wanted = media_ids(form)
    found = await current_instance().read(find_many, media_ids=wanted)
    own = (found[each] for each in wanted if each in found and found[each].owner == actor)
    return tuple(each.card() for each in own if each.object_id is None)
