"""Messages for one app, held against the example of RFC 8291 and that of the draft before it."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import orjson
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fedgov.federation.webpush import PushKey, Receiver, decoded, encoded, read_receiver, seal, seal_as_drafted, wrap
from fedgov.kernel.errors import InvalidError
from tests.push_app import open_as_drafted, open_standard, private_key, read_token

NOW = 1_800_000_000_000


def test_a_message_is_sealed_as_in_the_example_of_the_rfc() -> None:
    """RFC 8291, section 5."""
    receiver = read_receiver(
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
    )
    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        to=receiver,
        once=private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encoded(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PB"
        "ru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_message_is_sealed_as_in_the_example_of_the_draft() -> None:
    """draft-ietf-webpush-encryption-04, section 5."""
    receiver = read_receiver(
        p256dh="BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU",
        auth="R29vIGdvbyBnJyBqb29iIQ",
    )
    sealed = seal_as_drafted(
        b"I am the walrus",
        to=receiver,
        once=private_key("nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY"),
        salt=decoded("lngarbyKfMoi9Z75xYXmkg"),
    )
    assert encoded(sealed) == "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"


@pytest.mark.parametrize("standard", [True, False])
def test_only_the_app_it_is_for_opens_a_message(standard: bool) -> None:
    mine, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    receiver = Receiver(_point(mine), b"0123456789abcdef")
    sent = wrap(
        "{'body': 'grüße'}".encode(),
        to=receiver,
        endpoint="https://push.example/x",
        key=PushKey.make(),
        contact="mailto:a@b.example",
        standard=standard,
        now=NOW,
    )
    read = open_standard if standard else open_as_drafted
    assert read(sent.body, sent.headers, key=mine, secret=receiver.secret) == "{'body': 'grüße'}".encode()
    for key, secret in ((other, receiver.secret), (mine, b"another secret!!")):
        with pytest.raises(InvalidTag):
            read(sent.body, sent.headers, key=key, secret=secret)


def test_a_push_server_can_check_who_sends() -> None:
    key = PushKey.of_pem(PushKey.make().to_pem())
    token = key.token("https://push.example:8443/send/abc?x=1", contact="mailto:beheer@gouda.example", now=NOW)
    head, claims, signature = token.split(".")
    assert orjson.loads(decoded(head)) == {"typ": "JWT", "alg": "ES256"}
    said = orjson.loads(decoded(claims))
    assert (said["aud"], said["sub"]) == ("https://push.example:8443", "mailto:beheer@gouda.example")
    assert NOW // 1000 < said["exp"] <= NOW // 1000 + 24 * 3600
    raw = decoded(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key.public))
    public.verify(
        encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
        f"{head}.{claims}".encode(),
        ec.ECDSA(SHA256()),
    )
    assert read_token(token, public=key.public) == said


def test_keys_come_in_either_alphabet_padded_or_not() -> None:
    point = _point(ec.generate_private_key(ec.SECP256R1()))
    for text in (encoded(point), encoded(point) + "=", encoded(point).replace("-", "+").replace("_", "/")):
        assert read_receiver(p256dh=text, auth="BTBZMqHH6r4Tts7J_aSIgg==").point == point


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", "BTBZMqHH6r4Tts7J_aSIgg"),
        ("é", "BTBZMqHH6r4Tts7J_aSIgg"),
        (encoded(b"\x04" + b"\x01" * 64), "BTBZMqHH6r4Tts7J_aSIgg"),  # on no curve
        ("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZ"),
        ("A CVxs", "BTBZMqHH6r4Tts7J_aSIgg"),
    ],
)
def test_what_are_no_keys_is_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(InvalidError):
        read_receiver(p256dh=p256dh, auth=auth)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return urlsafe_b64decode(PushKey(key).public + "=")
