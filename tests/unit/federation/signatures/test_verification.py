"""The entrance: what is refused before a key is looked for, and what after."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures import cavage, rfc9421
from fedgov.federation.signatures.digest import content_digest_header, digest_header
from fedgov.federation.signatures.httpdate import format_http_date
from fedgov.federation.signatures.keys import PrivateKey, generate_ed25519
from fedgov.federation.signatures.message import Message
from fedgov.federation.signatures.shapes import Shape
from fedgov.federation.signatures.structured import Member, serialise
from fedgov.federation.signatures.verification import check, is_signed, read_signature
from fedgov.kernel.clock import HOUR, MINUTE, SECOND
from fedgov.kernel.errors import FedgovError, UnverifiedError
from tests.unit.federation.signatures.samples import (
    BODY,
    ED25519,
    INBOX,
    NOW,
    ORIGIN,
    OUTBOX,
    RSA,
    get,
    header,
    key_for,
    post,
    received,
    signed,
    with_header,
    with_more,
)

POST_SHAPES = [Shape.CAVAGE, Shape.RFC9421_RSA, Shape.RFC9421_ED25519]


def demand(message: Message, *, key: PrivateKey, now_ms: int = NOW, accept_without_query: bool = False) -> bool:
    """Do what the gate does; tell whether the query was signed."""
    claim = read_signature(message, now_ms=now_ms)
    return check(claim, key.public, accept_without_query=accept_without_query).with_query


def custom_cavage(
    message: Message, parameters: str, *, covered: str | None = "(request-target) host date digest content-type"
) -> Message:
    """The message signed by RSA with parameters of our choice."""
    covers = "" if covered is None else f',headers="{covered}"'
    text = f'keyId="{RSA.key_id}"{parameters}{covers},signature="AAAA"'
    base = cavage.signing_string(message, cavage.parse(text))
    return with_header(message, "signature", text.replace("AAAA", base64.b64encode(RSA.sign(base)).decode()))


def custom_rfc9421(message: Message, components: list[str], parameters: dict[str, object]) -> Message:
    """The message signed by Ed25519 with parameters of our choice."""
    member: Member = ([(name, {}) for name in components], {"keyid": ED25519.key_id, **parameters})
    signature = base64.b64encode(ED25519.sign(rfc9421.signature_base(message, member))).decode()
    return with_more(message, [("signature-input", f"s={serialise(member)}"), ("signature", f"s=:{signature}:")])


def unsigned(request: Message, *, date_ms: int = NOW) -> Message:
    """What reaches the other server, with all headers but the signature."""
    return received(
        request,
        headers={
            "Date": format_http_date(date_ms),
            "Digest": digest_header(request.body),
            "Content-Digest": content_digest_header(request.body),
        },
    )


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("request_", [post(), get(), post(body=b"")], ids=["post", "get", "empty-post"])
def test_what_we_sign_is_verified_in_every_shape(shape: Shape, request_: Message) -> None:
    message = signed(request_, shape=shape)
    assert is_signed(message)

    claim = read_signature(message, now_ms=NOW)
    result = check(claim, key_for(shape).public, accept_without_query=True)

    assert claim.key_id == result.key_id == key_for(shape).key_id
    assert claim.scheme == result.scheme == ("rfc9421" if shape.startswith("rfc9421") else "cavage")
    assert result.with_query is not (shape is Shape.CAVAGE_NO_QUERY and bool(request_.query))


@pytest.mark.parametrize("shape", POST_SHAPES)
def test_another_key_is_refused(shape: Shape) -> None:
    claim = read_signature(signed(post(), shape=shape), now_ms=NOW)
    stranger = generate_ed25519(claim.key_id)
    with pytest.raises(UnverifiedError):
        check(claim, stranger.public)
    with pytest.raises(UnverifiedError, match="not the one"):
        check(claim, generate_ed25519("https://gouda.example/users/other#key").public)


# --- A1: what an attacker tries -------------------------------------------------------------


@pytest.mark.parametrize("shape", POST_SHAPES)
def test_sig_05_a_post_without_its_digest_is_refused(shape: Shape) -> None:
    message = signed(post(), shape=shape)
    for name in ("digest", "content-digest"):
        message = with_header(message, name, None)
    with pytest.raises(UnverifiedError):
        read_signature(message, now_ms=NOW)


def test_sig_05_a_post_whose_digest_is_not_signed_is_refused() -> None:
    plain = unsigned(post())
    with pytest.raises(UnverifiedError, match="does not cover digest"):
        read_signature(custom_cavage(plain, "", covered="(request-target) host date"), now_ms=NOW)
    with pytest.raises(UnverifiedError, match="does not cover content-digest"):
        read_signature(
            custom_rfc9421(plain, ["@method", "@target-uri"], {"created": NOW // SECOND}),
            now_ms=NOW,
        )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_sig_05_no_method_that_changes_something_goes_without_digest(method: str) -> None:
    plain = replace(unsigned(post()), method=method)
    with pytest.raises(UnverifiedError, match="digest"):
        read_signature(custom_cavage(plain, "", covered="(request-target) host date"), now_ms=NOW)


@pytest.mark.parametrize("shape", POST_SHAPES)
@pytest.mark.parametrize("body", [b"", b'{"type": "Create"}', BODY + b"\n", b'{"type":"Delete"}'])
def test_sig_06_a_signed_digest_of_another_body_is_refused(shape: Shape, body: bytes) -> None:
    with pytest.raises(UnverifiedError, match="another body"):
        read_signature(replace(signed(post(), shape=shape), body=body), now_ms=NOW)


@pytest.mark.parametrize("shape", POST_SHAPES)
@pytest.mark.parametrize("host", ["delft.example", "utrecht.example"], ids=["spoofed", "plain"])
def test_sig_07_a_request_for_another_server_is_refused(shape: Shape, host: str) -> None:
    message = signed(post(INBOX.replace("delft", "utrecht")), shape=shape)
    assert message.origin == ORIGIN
    with pytest.raises(UnverifiedError):
        demand(with_header(message, "host", host), key=key_for(shape))


def test_sig_07_an_unsigned_host_is_refused() -> None:
    message = custom_cavage(unsigned(post()), "", covered="(request-target) date digest")
    with pytest.raises(UnverifiedError, match="does not cover host"):
        read_signature(message, now_ms=NOW)


def test_sig_07_two_hosts_are_refused() -> None:
    message = with_more(signed(post()), [("host", "delft.example")])
    with pytest.raises(UnverifiedError, match="more than once"):
        read_signature(message, now_ms=NOW)


@pytest.mark.parametrize("shape", POST_SHAPES)
@pytest.mark.parametrize("path", ["/inbox", "/users/bram/inbox/", "/users/Bram/inbox", "/users/bram%2Finbox"])
def test_sig_08_a_replay_to_another_path_is_refused(shape: Shape, path: str) -> None:
    with pytest.raises(UnverifiedError):
        demand(replace(signed(post(), shape=shape), path=path), key=key_for(shape))


def test_sig_08_an_unsigned_path_is_refused() -> None:
    message = custom_cavage(unsigned(post()), "", covered="host date digest")
    with pytest.raises(UnverifiedError, match=r"does not cover \(request-target\)"):
        read_signature(message, now_ms=NOW)


@pytest.mark.parametrize("shape", POST_SHAPES)
@pytest.mark.parametrize(
    ("made", "fits"),
    [
        (NOW, True),
        (NOW - 4 * MINUTE, True),
        (NOW + 5 * MINUTE, True),
        (NOW + 5 * MINUTE + SECOND, False),
        (NOW + 2 * HOUR, False),
        (NOW - HOUR - SECOND, False),
        (NOW - 13 * HOUR, False),
        (0, False),
    ],
)
def test_sig_09_the_age_decides(shape: Shape, made: int, *, fits: bool) -> None:
    message = signed(post(), shape=shape, now_ms=made)
    if fits:
        read_signature(message, now_ms=NOW)
        return
    with pytest.raises(UnverifiedError, match=r"too old|future"):
        read_signature(message, now_ms=NOW)


def test_sig_09_closed_content_asks_for_younger_signatures() -> None:
    message = signed(post(), now_ms=NOW - 6 * MINUTE)
    read_signature(message, now_ms=NOW)
    with pytest.raises(UnverifiedError, match="too old"):
        read_signature(message, now_ms=NOW, max_age_ms=5 * MINUTE)


@pytest.mark.parametrize("shape", [Shape.RFC9421_RSA, Shape.RFC9421_ED25519])
def test_sig_09_our_own_signature_has_expired_after_five_minutes(shape: Shape) -> None:
    message = signed(post(), shape=shape)
    read_signature(message, now_ms=NOW + 5 * MINUTE - SECOND)
    with pytest.raises(UnverifiedError, match="expired"):
        read_signature(message, now_ms=NOW + 5 * MINUTE)


def test_sig_09_an_expired_cavage_signature_is_refused() -> None:
    seconds = NOW // SECOND
    plain = unsigned(post())
    demand(custom_cavage(plain, f",expires={seconds + 1}"), key=RSA)
    with pytest.raises(UnverifiedError, match="expired"):
        demand(custom_cavage(plain, f",expires={seconds}"), key=RSA)


@pytest.mark.parametrize("date", ["", "yesterday", "1900000000", "Fri, 17 Mar 2030", "Fri, 99 Mar 2030 17:46:40 GMT"])
def test_sig_09_a_date_that_cannot_be_read_is_refused(date: str) -> None:
    message = custom_cavage(with_header(unsigned(post()), "date", date), "")
    with pytest.raises(UnverifiedError, match="Date"):
        read_signature(message, now_ms=NOW)


def test_sig_09_two_dates_are_refused() -> None:
    message = with_more(signed(post()), [("date", format_http_date(NOW))])
    with pytest.raises(UnverifiedError, match="more than once"):
        read_signature(message, now_ms=NOW)


def test_sig_09_an_old_date_beside_a_fresh_created_is_refused() -> None:
    covered = "(request-target) host (created) date digest"
    parameters = f',algorithm="hs2019",created={NOW // SECOND}'
    demand(custom_cavage(unsigned(post()), parameters, covered=covered), key=RSA)
    stale = unsigned(post(), date_ms=NOW - 2 * HOUR)
    with pytest.raises(UnverifiedError, match="too old"):
        read_signature(custom_cavage(stale, parameters, covered=covered), now_ms=NOW)


def test_sig_09_a_fresh_time_that_is_not_signed_does_not_count() -> None:
    covered = "(request-target) host digest"
    message = custom_cavage(unsigned(post()), f",created={NOW // SECOND}", covered=covered)
    with pytest.raises(UnverifiedError, match="does not cover date"):
        read_signature(message, now_ms=NOW)


def test_sig_11_a_key_id_that_is_there_twice_is_refused() -> None:
    message = signed(post())
    text = header(message, "signature") + ',keyId="https://delft.example/users/bram#main-key"'
    with pytest.raises(UnverifiedError, match="twice"):
        read_signature(with_header(message, "signature", text), now_ms=NOW)


def test_sig_11_two_signature_headers_are_refused() -> None:
    message = signed(post())
    with pytest.raises(UnverifiedError, match="more than once"):
        read_signature(with_more(message, [("signature", header(message, "signature"))]), now_ms=NOW)


@pytest.mark.parametrize("value", ["", "garbage", "x" * 100_000, "sig1=:AAAA:", "Signature", '="",=', "\x00", "é"])
@pytest.mark.parametrize("name", ["signature", "signature-input", "host", "date", "digest"])
def test_sig_12_a_broken_header_is_refused_and_nothing_worse(name: str, value: str) -> None:
    with pytest.raises(FedgovError):
        read_signature(with_header(signed(post()), name, value), now_ms=NOW)


@pytest.mark.parametrize("name", ["signature", "host", "date", "digest"])
def test_sig_12_a_missing_header_is_refused(name: str) -> None:
    with pytest.raises(UnverifiedError):
        read_signature(with_header(signed(post()), name, None), now_ms=NOW)


def test_sig_12_an_unsigned_request_is_refused() -> None:
    message = unsigned(post())
    assert not is_signed(message)
    with pytest.raises(UnverifiedError, match="not signed"):
        read_signature(message, now_ms=NOW)


@pytest.mark.parametrize(
    "algorithm", ["none", "hmac-sha256", "rsa-sha1", "rsa-sha512", "ecdsa-sha256", "rsa-v1_5-sha256", "", "RSA"]
)
def test_sig_13_an_algorithm_that_is_not_accepted_is_refused(algorithm: str) -> None:
    with pytest.raises(UnverifiedError, match="algorithm"):
        read_signature(custom_cavage(unsigned(post()), f',algorithm="{algorithm}"'), now_ms=NOW)


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "RSA-SHA256", "hs2019"])
def test_sig_13_the_usual_algorithms_are_accepted(algorithm: str) -> None:
    demand(custom_cavage(unsigned(post()), f',algorithm="{algorithm}"'), key=RSA)


def test_sig_13_the_algorithm_must_agree_with_the_key() -> None:
    claim = read_signature(custom_cavage(unsigned(post()), ',algorithm="ed25519"'), now_ms=NOW)
    with pytest.raises(UnverifiedError, match="does not fit the key"):
        check(claim, RSA.public)

    parameters: dict[str, object] = {"created": NOW // SECOND, "alg": "rsa-v1_5-sha256"}
    message = custom_rfc9421(unsigned(post()), ["@method", "@target-uri", "content-digest"], parameters)
    with pytest.raises(UnverifiedError, match="does not fit the key"):
        check(read_signature(message, now_ms=NOW), ED25519.public)


def test_sig_13_hs2019_takes_the_algorithm_from_the_key() -> None:
    claim = read_signature(custom_cavage(unsigned(post()), ',algorithm="hs2019"'), now_ms=NOW)
    assert claim.algorithm is None
    with pytest.raises(UnverifiedError):
        check(claim, generate_ed25519(RSA.key_id).public)


@pytest.mark.parametrize("covered", ["(request-target) host (created) digest", "(request-target) host date (expires)"])
def test_sig_13_rsa_sha256_does_not_go_with_created_or_expires(covered: str) -> None:
    seconds = NOW // SECOND
    parameters = f',algorithm="rsa-sha256",created={seconds},expires={seconds + 60}'
    with pytest.raises(UnverifiedError, match="does not go with"):
        read_signature(custom_cavage(unsigned(post()), parameters, covered=covered), now_ms=NOW)


def test_sig_18_signature_input_decides_the_scheme_and_the_other_is_no_way_out() -> None:
    message = with_more(signed(post()), [("signature-input", 'a=("@method");created=1;keyid="k"')])
    with pytest.raises(FedgovError):
        read_signature(message, now_ms=NOW)


def test_sig_18_a_covered_field_that_is_there_twice_is_refused() -> None:
    components = ["@method", "@target-uri", "content-digest", "content-type"]
    message = custom_rfc9421(unsigned(post()), components, {"created": NOW // SECOND})
    demand(message, key=ED25519)
    for name in ("content-digest", "content-type"):
        with pytest.raises(UnverifiedError, match="more than once"):
            read_signature(with_more(message, [(name, header(message, name))]), now_ms=NOW)


# --- SIG-20: signatures that leave the query out ---------------------------------------------


def test_sig_20_a_get_signed_without_its_query_is_refused_unless_asked_for() -> None:
    message = signed(get(OUTBOX), shape=Shape.CAVAGE_NO_QUERY)
    claim = read_signature(message, now_ms=NOW)

    assert not claim.covers_query
    with pytest.raises(UnverifiedError):
        check(claim, RSA.public)
    assert check(claim, RSA.public, accept_without_query=True).with_query is False


def test_sig_20_another_query_is_never_taken_for_the_signed_one() -> None:
    message = replace(signed(get(OUTBOX)), query="page=true&max_id=1")
    with pytest.raises(UnverifiedError):
        demand(message, key=RSA, accept_without_query=True)


def test_sig_20_a_post_is_never_accepted_without_its_query() -> None:
    message = signed(post(f"{INBOX}?for=bram"), shape=Shape.CAVAGE_NO_QUERY)
    assert read_signature(message, now_ms=NOW).covers_query
    with pytest.raises(UnverifiedError):
        demand(message, key=RSA, accept_without_query=True)


def test_sig_20_without_a_query_there_is_nothing_to_leave_out() -> None:
    claim = read_signature(signed(get(f"{ORIGIN}/users/bram")), now_ms=NOW)

    assert claim.covers_query
    assert check(claim, RSA.public, accept_without_query=True).with_query


# --- Whatever else ---------------------------------------------------------------------------

LATIN = st.text(alphabet=st.characters(max_codepoint=255), max_size=60)


@given(shape=st.sampled_from(POST_SHAPES), data=st.data())
def test_any_changed_byte_of_what_is_covered_is_refused(shape: Shape, data: st.DataObject) -> None:
    message = signed(post(f"{INBOX}?for=bram"), shape=shape)
    covered = ["path", "query", "method", "body", "signature"]
    covered += ["date", "digest", "content-type", "host"] if shape is Shape.CAVAGE else ["content-digest"]
    part = data.draw(st.sampled_from(covered))
    in_line = part in ("path", "query", "method")
    if part == "body":
        original = message.body.decode("latin-1")
    else:
        original = getattr(message, part) if in_line else header(message, part)
    position = data.draw(st.integers(0, len(original) - 1))
    new = chr(ord(original[position]) ^ data.draw(st.integers(1, 127)))
    changed = original[:position] + new + original[position + 1 :]
    if part == "body":
        forged = replace(message, body=changed.encode("latin-1"))
    elif in_line:
        forged = replace(message, **{part: changed})  # type: ignore[arg-type]
    else:
        forged = with_header(message, part, changed)

    try:
        demand(forged, key=key_for(shape))
    except FedgovError:
        return
    # Some spellings mean the same: the case of a parameter's name, or unused bits of base64. And a
    # parameter with a misspelt name counts as left out; then the key alone decides the algorithm.
    read, wanted = read_signature(forged, now_ms=NOW), read_signature(message, now_ms=NOW)
    assert replace(read, algorithm=None) == replace(wanted, algorithm=None)


@given(lines=st.lists(st.tuples(st.sampled_from(["signature", "signature-input", "host", "date", "digest"]), LATIN)))
def test_garbage_is_never_more_than_a_refusal(lines: list[tuple[str, str]]) -> None:
    message = Message(method="POST", origin=ORIGIN, path="/inbox", headers=tuple(lines), body=BODY)
    with pytest.raises(FedgovError):
        read_signature(message, now_ms=NOW)


@given(shape=st.sampled_from(POST_SHAPES), text=LATIN, data=st.data())
def test_garbage_inside_a_real_signature_is_never_more_than_a_refusal(
    shape: Shape, text: str, data: st.DataObject
) -> None:
    message = signed(post(), shape=shape)
    name = "signature" if shape is Shape.CAVAGE else data.draw(st.sampled_from(["signature", "signature-input"]))
    original = header(message, name)
    at = data.draw(st.integers(0, len(original)))
    forged = with_header(message, name, original[:at] + text + original[at:])
    try:
        demand(forged, key=key_for(shape))
    except FedgovError as refusal:
        assert refusal.safe


@given(
    body=st.binary(max_size=200),
    path=st.text(alphabet="abc/%2F.-_~", max_size=30),
    query=st.text(alphabet="ab=&%+", max_size=20),
)
def test_whatever_is_signed_is_verified(body: bytes, path: str, query: str) -> None:
    request = Message(
        method="POST",
        origin=ORIGIN,
        path=f"/{path}",
        query=query,
        headers=(("content-type", "application/activity+json"),),
        body=body,
    )
    for shape in POST_SHAPES:
        assert demand(signed(request, shape=shape), key=key_for(shape))
