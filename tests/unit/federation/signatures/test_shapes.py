"""Which signature a host gets, and which one next."""

from __future__ import annotations

import pytest

from fedgov.federation.signatures.shapes import FIRST, Shape, next_shape, shape_for, sign
from tests.unit.federation.signatures.samples import INBOX, NOW, ORIGIN, RSA, get, post


def knocks(first: Shape, **options: object) -> list[Shape]:
    """Everything that is tried at a host that refuses everything."""
    tried = [first]
    while (shape := next_shape(tried[-1], tried, **options)) is not None:  # type: ignore[arg-type]
        tried.append(shape)
    return tried


def test_an_unknown_host_gets_the_oldest_scheme() -> None:
    # snac answers 202 to an RFC 9421 request and drops it, so knocking could not notice.
    assert FIRST is Shape.CAVAGE


def test_a_get_is_tried_in_every_shape_once() -> None:
    assert knocks(Shape.CAVAGE) == list(Shape)
    assert knocks(Shape.CAVAGE, request=get()) == list(Shape)


def test_shapes_that_would_sign_the_same_are_left_out() -> None:
    assert knocks(Shape.CAVAGE, request=post()) == [Shape.CAVAGE, Shape.RFC9421_RSA, Shape.RFC9421_ED25519]
    assert Shape.CAVAGE_NO_QUERY in knocks(Shape.CAVAGE, request=post(f"{INBOX}?a=b"))
    assert Shape.CAVAGE_NO_QUERY not in knocks(Shape.CAVAGE, request=get(f"{ORIGIN}/users/bram"))


def test_a_host_of_the_newer_scheme_first_gets_it_with_the_other_key() -> None:
    assert knocks(Shape.RFC9421_ED25519)[:3] == [Shape.RFC9421_ED25519, Shape.RFC9421_RSA, Shape.CAVAGE]
    assert knocks(Shape.RFC9421_RSA)[:3] == [Shape.RFC9421_RSA, Shape.RFC9421_ED25519, Shape.CAVAGE]


@pytest.mark.parametrize("current", list(Shape))
def test_knocking_ends(current: Shape) -> None:
    assert next_shape(current, list(Shape)) is None
    assert len(knocks(current)) == len(Shape)


@pytest.mark.parametrize(
    ("header", "shape"),
    [
        ('a=("@method" "@target-uri");alg="ed25519"', Shape.RFC9421_ED25519),
        ('a=("@method");alg="rsa-v1_5-sha256"', Shape.RFC9421_RSA),
        ('a=("@method")', Shape.RFC9421_RSA),
        ('a=("@method");alg="rsa-pss-sha512", b=("@method");alg="ed25519"', Shape.RFC9421_ED25519),
        ('a=("@method");alg="rsa-pss-sha512"', None),
        ("(", None),
    ],
)
def test_a_host_that_asks_gets_what_it_asks_for(header: str, shape: Shape | None) -> None:
    assert shape_for(header, request=post()) is shape


def test_a_shape_without_its_key_is_a_bug() -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        sign(Shape.RFC9421_ED25519, post(), rsa=RSA, ed25519=None, now_ms=NOW)
