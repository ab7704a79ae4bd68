from __future__ import annotations

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people import queries as people
from fedgov.features.posts.queries import trends
from fedgov.features.posts.service import publishing
from fedgov.kernel.clock import DAY, beginning_of_week
from tests.unit.features.residents import Town


def write(town: Town, who: str, text: str, visibility: Visibility = Visibility.PUBLIC) -> None:
    publishing.publish_post(town.tx, author=who, text=text, visibility=visibility)


def test_subjects_count_by_people_and_by_day_and_only_in_public(people_town: Town) -> None:
    town = people_town
    fatima, jelle = town.local(), town.local("jelle")
    write(town, fatima, "Over #wonen")
    write(town, fatima, "Weer over #wonen")
    write(town, fatima, "Over #inkoop")
    write(town, jelle, "Ook over #inkoop")
    write(town, jelle, "Besloten over #wonen", Visibility.ORGANISATION)

    found = trends.trending_tags(town.tx, limit=10)

    assert found == ["inkoop", "wonen"]
    history = trends.tag_history(town.tx, tags=found)
    assert (history["wonen"][0].uses, history["wonen"][0].people) == (2, 1)
    assert [each.uses for each in history["wonen"][1:]] == [0] * 6
    assert trends.trending_tags(town.tx, limit=10, offset=1) == ["wonen"]


def test_weeks_are_counted_from_monday(people_town: Town) -> None:
    town = people_town
    write(town, town.local(), "Bericht")
    this = beginning_of_week(town.tx.now)
    assert (this // DAY) % 7 == 4, "1970 began on a Thursday"
    assert trends.weekly_posts(town.tx, since=this - 7 * DAY) == {this: 1}
    assert people.weekly_accounts(town.tx, since=this + 7 * DAY) == {}
