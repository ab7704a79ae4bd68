from __future__ import annotations

import orjson
import pytest

from fedgov.features.people import queries
from fedgov.features.people.inbox import on_delete, on_update
from fedgov.features.people.service import blocks, profiles
from fedgov.features.people.service.profiles import Profile
from fedgov.features.people.vocabulary import ActorRemoved, ProfileChanged
from fedgov.federation import actors
from fedgov.federation import follows as rows
from fedgov.federation import keys as keyring
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError, MalformedError, NotFoundError
from fedgov.store.tables import keys as keys_table
from tests.unit.features.residents import Town, actor_document, key_pair, verified


def test_a_changed_profile_goes_to_the_followers(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    town.befriend(pieter, fatima)

    profiles.change_profile(
        town.tx,
        actor=fatima,
        profile=Profile(
            name="Fatima de Vries",
            summary="Werkt aan **inkoop** met @pieter@leeuwarden.example",
            function="inkoper",
            department="Bedrijfsvoering",
            fields=(("Telefoon", "050 - 1234"), ("Site", "https://groningen.example/"), ("", "")),
        ),
    )

    [update] = town.sent("Update")
    person = update["object"]
    assert (person["name"], person["function"], person["department"]) == (
        "Fatima de Vries",
        "inkoper",
        "Bedrijfsvoering",
    )
    assert "<strong>inkoop</strong>" in person["summary"]
    assert "https://leeuwarden.example/users/pieter" in person["summary"]
    assert [field["name"] for field in person["attachment"]] == ["Telefoon", "Site"]
    assert person["attachment"][1]["value"].startswith('<a href="https://groningen.example/"')
    assert town.queued() == [("Update", "https://leeuwarden.example/inbox")]
    assert town.events(ProfileChanged) == [ProfileChanged(uri=fatima)]


def test_what_was_typed_is_kept_for_the_next_edit(town: Town) -> None:
    fatima = town.local()
    profiles.change_profile(
        town.tx, actor=fatima, profile=Profile(summary="**kort**", fields=(("Site", "https://a.nl"),))
    )
    account = queries.account_of(town.tx, actor=fatima)
    assert account is not None
    assert account.summary_source == "**kort**"
    assert orjson.loads(account.fields_source) == [["Site", "https://a.nl"]]


def test_a_profile_cannot_carry_a_script(town: Town) -> None:
    fatima = town.local()
    profiles.change_profile(
        town.tx,
        actor=fatima,
        profile=Profile(summary="<script>alert(1)</script>", fields=(("x", "<img src=x onerror=alert(1)>"),)),
    )
    row = actors.get(town.tx, uri=fatima)
    assert "<script" not in row.summary_html
    assert "<img" not in row.fields


def test_the_same_profile_again_is_not_sent(town: Town) -> None:
    fatima = town.local()
    for _ in range(2):
        profiles.change_profile(town.tx, actor=fatima, profile=Profile(name="Fatima", summary="hallo"))
    assert len(town.sent("Update")) == 1


def test_showing_or_hiding_the_followers_is_nobody_elses_business(town: Town) -> None:
    fatima = town.local()
    profiles.change_profile(town.tx, actor=fatima, profile=Profile(lists_followers=False))
    assert town.sent("Update") == []
    assert not actors.get(town.tx, uri=fatima).lists_followers
    assert f"collection:{fatima}" in town.tx.signals


def test_an_empty_name_becomes_the_user_name(town: Town) -> None:
    fatima = town.local(name="Fatima")
    profiles.change_profile(town.tx, actor=fatima, profile=Profile(name="\u200b "))
    assert actors.get(town.tx, uri=fatima).name == "fatima"


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (Profile(name="n" * 101), "name"),
        (Profile(function="f" * 201), "function"),
        (Profile(summary="s" * 5_001), "about"),
        (Profile(fields=tuple((str(number), "x") for number in range(9))), "field_value"),
        (Profile(fields=(("x", "v" * 201),)), "field_value"),
    ],
)
def test_dos_10_too_much_is_refused(town: Town, profile: Profile, field: str) -> None:
    fatima = town.local()
    with pytest.raises(InvalidError) as refusal:
        profiles.change_profile(town.tx, actor=fatima, profile=profile)
    assert refusal.value.field == field
    assert town.sent() == []


def test_a_picture_from_elsewhere_is_refused(town: Town) -> None:
    fatima, own = town.local(), town.tx.site.url("/media/1/a.webp")
    profiles.change_profile(town.tx, actor=fatima, profile=Profile(), pictures={"avatar_url": own})
    assert town.sent("Update")[0]["object"]["icon"]["url"] == own
    with pytest.raises(InvalidError):
        profiles.change_profile(
            town.tx, actor=fatima, profile=Profile(), pictures={"avatar_url": "https://evil.example/pixel.gif"}
        )
    profiles.change_profile(town.tx, actor=fatima, profile=Profile(), pictures={"avatar_url": None, "uri": "https://x"})
    row = actors.get(town.tx, uri=fatima)
    assert (row.avatar_url, row.uri) == (None, fatima)


def test_nobody_describes_somebody_elsewhere(town: Town) -> None:
    with pytest.raises(NotFoundError):
        profiles.change_profile(town.tx, actor=town.remote(), profile=Profile(name="X"))


def test_preferences_stay_private(town: Town) -> None:
    fatima = town.local()
    account = queries.account_of(town.tx, actor=fatima)
    assert account is not None
    profiles.change_preferences(town.tx, account_id=account.id, language="fy", default_audience="followers")
    profiles.change_email(town.tx, account_id=account.id, email="f@groningen.example")
    changed = queries.account(town.tx, account_id=account.id)
    assert (changed.language, changed.default_audience, changed.email) == ("fy", "followers", "f@groningen.example")
    assert town.sent() == []


# --- keys -------------------------------------------------------------------------------------------------------


def test_new_keys_are_published_and_the_former_key_vouches_for_them(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    town.befriend(pieter, fatima)
    serial = keyring.next_serial(town.tx, owner=fatima)

    profiles.replace_keys(town.tx, actor=fatima, pair=key_pair(fatima, serial=serial))

    [update] = town.sent("Update")
    assert update["object"]["publicKey"]["id"] == f"{fatima}#main-key-2"
    assert [key["id"] for key in update["object"]["assertionMethod"]] == [
        f"{fatima}#ed25519-key",
        f"{fatima}#ed25519-key-2",
    ]
    assert "expires" in update["object"]["assertionMethod"][0]
    assert update["proof"]["verificationMethod"] == f"{fatima}#ed25519-key"
    assert town.queued() == [("Update", "https://leeuwarden.example/inbox")]


def test_keys_that_were_lost_are_replaced_and_the_new_ones_vouch_for_themselves(town: Town) -> None:
    fatima = town.local()
    town.tx.execute(keys_table.update().values(private=None))
    profiles.replace_keys(town.tx, actor=fatima, pair=key_pair(fatima, serial=2))
    [update] = town.sent("Update")
    assert update["proof"]["verificationMethod"] == f"{fatima}#ed25519-key-2"


def test_keys_are_not_replaced_by_keys_of_the_same_name(town: Town) -> None:
    fatima = town.local()
    with pytest.raises(ConflictError):
        profiles.replace_keys(town.tx, actor=fatima, pair=key_pair(fatima))


# --- profiles elsewhere -----------------------------------------------------------------------------------------


def update_of(who: str, document: object) -> dict[str, object]:
    return {"id": f"{who}#updates/1", "type": "Update", "actor": who, "object": document}


def test_a_person_elsewhere_is_known_by_the_new_name(town: Town) -> None:
    pieter = town.remote()
    changed = actor_document("@pieter@leeuwarden.example", name="Pieter <b>Jansen</b>", summary="<p onclick=x>hoi</p>")
    on_update(town.tx, verified(update_of(pieter, changed)))
    row = actors.get(town.tx, uri=pieter)
    assert row.name == "Pieter <b>Jansen</b>"
    assert row.summary_html == "<p>hoi</p>"
    assert town.events(ProfileChanged) == [ProfileChanged(uri=pieter)]


def test_aut_02_nobody_describes_another_actor(town: Town) -> None:
    fatima, mallory = town.local(name="Fatima"), town.remote("@mallory@leeuwarden.example")
    pieter = town.remote()
    for victim in (pieter, fatima):
        document = actor_document("@pieter@leeuwarden.example", id=victim, name="Owned")
        with pytest.raises((ForbiddenError, MalformedError)):
            on_update(town.tx, verified(update_of(mallory, document)))
    assert actors.get(town.tx, uri=pieter).name == "Pieter"
    assert actors.get(town.tx, uri=fatima).name == "Fatima"


def test_an_update_without_the_actor_is_malformed(town: Town) -> None:
    pieter = town.remote()
    with pytest.raises(MalformedError):
        on_update(town.tx, verified(update_of(pieter, pieter)))


def test_aut_10_an_older_description_does_not_replace_a_newer_one(town: Town) -> None:
    pieter = town.remote(name="New", updated="2026-11-01T00:00:00Z")
    older = actor_document("@pieter@leeuwarden.example", name="Old", updated="2026-10-01T00:00:00Z")
    on_update(town.tx, verified(update_of(pieter, older)))
    assert actors.get(town.tx, uri=pieter).name == "New"


def delete_of(who: str, what: str) -> dict[str, object]:
    return {"id": f"{who}#delete", "type": "Delete", "actor": who, "object": what}


def test_somebody_who_is_gone_leaves_only_a_name(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    town.befriend(fatima, pieter)
    town.befriend(pieter, fatima)
    blocks.mute(town.tx, who=fatima, whom=pieter)

    for _ in range(2):
        on_delete(town.tx, verified(delete_of(pieter, pieter)))

    row = actors.find(town.tx, uri=pieter)
    assert row is not None
    assert (row.deleted_at, row.name, row.document) == (town.tx.now, "", None)
    assert rows.find(town.tx, follower=fatima, following=pieter) is None
    assert rows.find(town.tx, follower=pieter, following=fatima) is None
    assert queries.muted(town.tx, who=fatima) == frozenset()
    assert town.events(ActorRemoved) == [ActorRemoved(uri=pieter)]


def test_nobody_deletes_another_actor(town: Town) -> None:
    fatima, pieter, mallory = town.local(), town.remote(), town.remote("@mallory@leeuwarden.example")
    for victim in (pieter, fatima):
        with pytest.raises(ForbiddenError):
            on_delete(town.tx, verified(delete_of(mallory, victim)))
        assert actors.get(town.tx, uri=victim).deleted_at is None


def test_aut_09_a_late_update_does_not_revive_who_is_gone(town: Town) -> None:
    pieter = town.remote()
    on_delete(town.tx, verified(delete_of(pieter, pieter)))
    on_update(town.tx, verified(update_of(pieter, actor_document("@pieter@leeuwarden.example"))))
    row = actors.find(town.tx, uri=pieter)
    assert row is not None
    assert row.deleted_at is not None
    assert (row.name, row.document) == ("", None), "nothing of it comes back"
