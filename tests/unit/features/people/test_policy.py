from __future__ import annotations

import pytest

from fedgov.features.people.policy import people as policy
from fedgov.features.people.policy.people import Attempts, Party
from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError

NOW = 1_795_000_000_000


@pytest.mark.parametrize(
    ("typed", "name"),
    [("fatima", "fatima"), (" Fatima ", "fatima"), ("@fatima", "fatima"), ("f.de-vries_2", "f.de-vries_2"), ("a", "a")],
)
def test_a_user_name_is_taken_in_small_letters(typed: str, name: str) -> None:
    assert policy.check_username(typed, domain="groningen.example") == name


@pytest.mark.parametrize(
    "typed",
    [
        *("", "fatima!", "fátima", "fa tima", ".fatima", "fatima-", "a" * 31, "fatima@elders", "fat\nima", "../etc"),
        *("admin", "Root", "organisatie", "actor", "fatima.json"),
    ],
)
def test_what_is_no_user_name_or_kept_is_refused(typed: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        policy.check_username(typed, domain="groningen.example")
    assert refusal.value.field == "username"


@pytest.mark.parametrize("domain", ["gemeente", "gemeente:7001"])
def test_nobody_is_called_as_the_server(domain: str) -> None:
    with pytest.raises(InvalidError):
        policy.check_username("gemeente", domain=domain)


@pytest.mark.parametrize("password", ["correct paard", "Zeer geheim ¡", "0c7f9d21ab", "fatima houdt van kaas"])
def test_a_long_password_is_good_whatever_is_in_it(password: str) -> None:
    policy.check_password(password, username="fatima")


@pytest.mark.parametrize(
    ("password", "username"),
    [
        ("kort", "fatima"),
        ("negenpost", "fatima"),
        ("x" * 1_001, "fatima"),
        ("fatimadevries", "fatimadevries"),
        ("Fatimadevries12!", "fatimadevries"),
        ("fatimafatima", "fatima"),
        ("aaaaaaaaaaaa", "fatima"),
        ("Wachtwoord123", "fatima"),
        ("1234567890", "fatima"),
    ],
)
def test_a_password_that_others_guess_is_refused(password: str, username: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        policy.check_password(password, username=username, field="again")
    assert refusal.value.field == "again"


@pytest.mark.parametrize("email", ["fatima@groningen.example", " f+x@a.b "])
def test_an_email_address_is_kept(email: str) -> None:
    assert policy.check_email(email) == email.strip()


def test_an_email_address_may_be_left_out() -> None:
    assert policy.check_email("  ") is None


@pytest.mark.parametrize("email", ["fatima", "a@b", "a b@c.d", "<a@b.c>", f"{'a' * 250}@b.cd"])
def test_what_is_no_email_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidError):
        policy.check_email(email)


def test_a_language_or_audience_outside_the_list_is_refused() -> None:
    assert policy.check_language("") is None
    assert policy.check_language("fy") == "fy"
    assert policy.check_audience("followers") == "followers"
    with pytest.raises(InvalidError):
        policy.check_language("de")
    with pytest.raises(InvalidError):
        policy.check_audience("world")


# --- moves ------------------------------------------------------------------------------------------------------


def party(uri: str, *, kind: str = "Person", gone: bool = False, also: tuple[str, ...] = ()) -> Party:
    return Party(uri=uri, kind=kind, gone=gone, also_known_as=also)


def test_a_move_needs_the_word_of_the_new_account() -> None:
    old, new = party("https://a.example/old"), party("https://b.example/new", also=("https://a.example/old",))
    policy.may_move(old, new=new, last_moved_at=None, now=NOW)
    policy.may_move(old, new=new, last_moved_at=NOW - 7 * DAY, now=NOW)
    with pytest.raises(ForbiddenError):
        policy.may_move(old, new=party(new.uri), last_moved_at=None, now=NOW)
    with pytest.raises(ForbiddenError):
        policy.may_move(old, new=new, last_moved_at=NOW - 7 * DAY + 1, now=NOW)
    with pytest.raises(ForbiddenError):
        policy.may_move(old, new=party(old.uri, also=(old.uri,)), last_moved_at=None, now=NOW)
    with pytest.raises(ForbiddenError):
        policy.may_move(old, new=party(new.uri, gone=True, also=(old.uri,)), last_moved_at=None, now=NOW)


def test_the_last_administrator_stays() -> None:
    policy.may_stop_being_administrator(other_administrators=1)
    with pytest.raises(ConflictError):
        policy.may_stop_being_administrator(other_administrators=0)


# --- rates ------------------------------------------------------------------------------------------------------


def test_five_tries_are_free_and_then_the_wait_doubles_up_to_five_minutes() -> None:
    waits = [policy.wait_for_account(Attempts(count, NOW), now=NOW) for count in range(16)]
    assert waits[:9] == [0, 0, 0, 0, 0, 2 * SECOND, 4 * SECOND, 8 * SECOND, 16 * SECOND]
    assert waits[-1] == 5 * MINUTE


def test_an_address_has_more_tries_and_then_waits_up_to_an_hour() -> None:
    assert policy.wait_for_address(Attempts(19, NOW), now=NOW) == 0
    assert policy.wait_for_address(Attempts(20, NOW), now=NOW) == 2 * SECOND
    assert policy.wait_for_address(Attempts(10_000, NOW), now=NOW) == HOUR


def test_waiting_counts_from_the_last_attempt_and_a_quiet_day_forgets_all() -> None:
    attempts = Attempts(8, NOW)
    assert policy.wait_for_account(attempts, now=NOW + 10 * SECOND) == 6 * SECOND
    assert policy.wait_for_account(attempts, now=NOW + 16 * SECOND) == 0
    assert policy.one_more(attempts, now=NOW + 1) == Attempts(9, NOW + 1)
    assert policy.one_more(attempts, now=NOW + DAY) == Attempts(1, NOW + DAY)


def test_five_accounts_may_be_made_and_then_one_waits() -> None:
    assert policy.wait_for_registration(Attempts(4, NOW), now=NOW, free=5) == 0
    assert policy.wait_for_registration(Attempts(5, NOW), now=NOW, free=5) == 10 * MINUTE


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("<local>", "unknown"),
    ],
)
def test_a_client_with_many_ipv6_addresses_counts_as_one(address: str, network: str) -> None:
    assert policy.network_of(address) == network
