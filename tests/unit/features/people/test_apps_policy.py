"""What an app may ask for, and where it may send people: WEB-01, WEB-02, WEB-03."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from fedgov.features.people.policy import apps as policy
from fedgov.features.people.vocabulary import OUT_OF_BAND, SCOPES, AppRequest, InvalidScopeError
from fedgov.kernel.errors import InvalidError
from fedgov.web.resources import templates_dir

VERIFIER = "abcdefghijklmnopqrstuvwxyz-0123456789._~ABCDEF"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "https://app.example/back?from=us"
ASKED = AppRequest(response_type="code", redirect_uri=BACK, scope="read write:statuses")


# --- scopes -----------------------------------------------------------------------------------------------------


def test_scopes_are_each_kept_once() -> None:
    assert policy.check_scopes("read write  read write:statuses") == "read write write:statuses"


@pytest.mark.parametrize("scopes", ["", "everything", "read admin", "read:Ä", "write;drop", "read:media", "READ"])
def test_a_scope_that_does_not_exist_is_refused(scopes: str) -> None:
    with pytest.raises(InvalidScopeError):
        policy.check_scopes(scopes)


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("write", "write:statuses"),
        ("write:statuses", "write:statuses"),
        ("admin:read", "admin:read:accounts"),
        ("follow", "write:follows"),
        ("follow", "read:blocks"),
        ("follow", "write:mutes"),
        ("read push", "push"),
    ],
)
def test_a_scope_covers_its_parts(granted: str, wanted: str) -> None:
    assert policy.covers(granted.split(), wanted)


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("write:statuses", "write"),
        ("write:statuses", "write:media"),
        ("read", "write"),
        ("read", "profile"),
        ("read", "admin:read"),
        ("admin:read", "admin:write:accounts"),
        ("follow", "follow:anything"),
        ("follow", "write:statuses"),
        ("", "read"),
    ],
)
def test_a_scope_covers_nothing_else(granted: str, wanted: str) -> None:
    if wanted == "follow:anything":
        assert wanted not in SCOPES
        return
    assert not policy.covers(granted.split(), wanted)


def test_an_app_may_ask_for_less_than_it_registered_and_never_for_more() -> None:
    policy.demand_within("read:statuses push", granted="read push")
    with pytest.raises(InvalidScopeError):
        policy.demand_within("read write", granted="read push")


def test_a_person_is_told_in_words_what_each_scope_means() -> None:
    words = (templates_dir() / "people" / "scopes.html").read_text(encoding="utf-8")
    assert [scope for scope in SCOPES if f'"{scope}": _(' not in words] == []


def test_only_an_administrator_hands_out_administration() -> None:
    assert policy.grantable("read admin:read admin:write:reports", administrator=False) == "read"
    assert policy.grantable("read admin:read", administrator=True) == "read admin:read"


# --- addresses to return to -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    [
        BACK,
        "http://localhost:4002/settings",
        "http://127.0.0.1:8080/",
        "http://[::1]:8080/",
        OUT_OF_BAND,
        "com.tapbots.Ivory://oauth",
        "icecubesapp://",
        "org.joinmastodon.android:/callback",
    ],
)
def test_an_app_may_send_people_back_to_itself(uri: str) -> None:
    assert policy.check_redirect_uris([uri]) == (uri,)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/1",
        "about:blank",
        "intent://x#Intent;end",
        "mailto:a@b.example",
        "urn:ietf:wg:oauth:2.0:oob:auto",
        "urn:uuid:1",
        "/relative",
        "//app.example/",
        "app.example/back",
        "https:",
        "https://",
        "https:///path",
        "https://app.example/#fragment",
        "myapp://x#y",
        "https://app.example@evil.example/",
        "https://user:secret@app.example/",
        "https://app.example\\@evil.example/",
        'https://app.example/"x',
        "https://app.example/<x>",
        "https://app.example;script-src/",
        "https://app.example,evil.example/",
        "https://app.example:port/",
        "https://gröningen.example/",
        "https://[::1/",
        "my app",
        "",
        "myapp:",
    ],
)
def test_web_01_an_app_may_send_nobody_elsewhere(uri: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        policy.check_redirect_uris([uri])
    assert refusal.value.field == "redirect_uris"


def test_several_addresses_come_as_a_list_or_in_lines() -> None:
    both = ("https://app.example/", "myapp://back")
    assert policy.check_redirect_uris(both) == both
    assert policy.check_redirect_uris(["https://app.example/\nmyapp://back"]) == both
    assert policy.check_redirect_uris(["https://app.example/ myapp://back https://app.example/"]) == both


def test_there_is_an_end_to_how_many_addresses_an_app_has() -> None:
    for too_many in ([f"myapp://{number}" for number in range(21)], ["https://app.example/" + "x" * 8_000]):
        with pytest.raises(InvalidError):
            policy.check_redirect_uris(too_many)


@pytest.mark.parametrize(
    "website", ["javascript:alert(1)", "app.example", "https://a b", "x" * 3_000, "ftp://a.example"]
)
def test_a_website_is_on_the_web(website: str) -> None:
    assert policy.check_website(" ") is None
    assert policy.check_website("https://app.example/") == "https://app.example/"
    with pytest.raises(InvalidError):
        policy.check_website(website)


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        (BACK, "https://app.example"),
        ("http://localhost:4002/x", "http://localhost:4002"),
        ("com.tapbots.Ivory://oauth", "com.tapbots.ivory:"),
        (OUT_OF_BAND, ""),
    ],
)
def test_the_page_may_lead_to_the_app_and_nowhere_else(uri: str, target: str) -> None:
    assert policy.form_target(uri) == target


def test_the_app_hears_what_it_said_and_keeps_its_own_query() -> None:
    assert policy.destination(BACK, code="c", state="a b&c") == f"{BACK}&code=c&state=a+b%26c"
    assert policy.destination("com.tapbots.Ivory://x", code="c", state=None) == "com.tapbots.Ivory://x?code=c"
    assert policy.destination("myapp://x?", error="e") == "myapp://x?error=e"


# --- asking -----------------------------------------------------------------------------------------------------


def ask(**changes: str) -> str:
    request = replace(ASKED, **changes)
    return policy.check_request(request, redirect_uris=(BACK, "myapp://back"), scopes="read write push")


def test_what_an_app_asks_for() -> None:
    assert ask() == "read write:statuses"
    assert ask(scope="") == "read"
    assert ask(redirect_uri="myapp://back") == "read write:statuses"
    assert ask(code_challenge=CHALLENGE, code_challenge_method="S256") == "read write:statuses"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://app.example/back",
        f"{BACK}&more=1",
        f"{BACK}/",
        BACK.upper(),
        "https://app.example.evil.example/back?from=us",
        "https://app.example//back?from=us",
        "https://app.example\\back?from=us",
        "https://app.example/back?from=us#x",
        OUT_OF_BAND,
        f"{BACK}\nmyapp://back",
    ],
)
def test_web_01_an_address_must_be_registered_to_the_letter(uri: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        ask(redirect_uri=uri)
    assert refusal.value.field == "redirect_uri"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"response_type": "token"}, "response_type"),
        ({"response_type": ""}, "response_type"),
        ({"code_challenge": CHALLENGE}, "code_challenge_method"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "code_challenge_method"),
        ({"code_challenge_method": "S256"}, "code_challenge"),
        ({"code_challenge": CHALLENGE + "=", "code_challenge_method": "S256"}, "code_challenge"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "code_challenge"),
        ({"scope": "read follow"}, "scope"),
        ({"scope": "everything"}, "scopes"),
    ],
)
def test_what_cannot_be_asked(changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        ask(**changes)
    assert refusal.value.field == field


def test_the_example_of_the_standard_fits() -> None:
    """RFC 7636, appendix B."""
    assert policy.fits_challenge(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_web_03_the_secret_must_be_the_one_that_was_hashed() -> None:
    assert policy.fits_challenge(VERIFIER, challenge=CHALLENGE)
    assert policy.fits_challenge("", challenge=None)
    assert not policy.fits_challenge("", challenge=CHALLENGE)
    assert not policy.fits_challenge(VERIFIER + "x", challenge=CHALLENGE)
    assert not policy.fits_challenge(CHALLENGE, challenge=CHALLENGE)
    assert not policy.fits_challenge(VERIFIER, challenge=None)
    short = "a" * 42
    made = urlsafe_b64encode(hashlib.sha256(short.encode()).digest()).rstrip(b"=").decode()
    assert not policy.fits_challenge(short, challenge=made)
    assert not policy.fits_challenge("ä" * 43, challenge=CHALLENGE)
