"""The one base of Multibase that the fediverse uses: base58btc, marked with ``z``."""

from __future__ import annotations

from typing import Final

from fedgov.kernel.errors import MalformedError

# An RSA-8192 Multikey, the longest value we ever read, has about 1,430 digits.
# The bound matters: reading a number of n digits takes n² steps.
MAX_LENGTH: Final = 1_600

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {digit: value for value, digit in enumerate(_ALPHABET)}
_PREFIX: Final = "z"


def encode(data: bytes) -> str:
    """Return ``z`` and the base58btc digits.

    Spec: draft-msporny-base58; W3C Controlled Identifiers, section 2.4.
    """
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    leading_zeros = len(data) - len(data.lstrip(b"\0"))
    return _PREFIX + _ALPHABET[0] * leading_zeros + "".join(reversed(digits))


def decode(text: str) -> bytes:
    """Read a ``z…`` value.

    Raises:
        MalformedError: It has another base, a foreign digit, or is too long.

    Spec: draft-msporny-base58; W3C Controlled Identifiers, section 2.4.
    """
    if not text.startswith(_PREFIX) or not 2 <= len(text) <= MAX_LENGTH:
        raise MalformedError("not a base58btc value", detail=text[:100])
    number = 0
    for digit in text[1:]:
        value = _VALUES.get(digit)
        if value is None:
            raise MalformedError("not a base58btc value", detail=text[:100])
        number = number * 58 + value
    digits = text[1:]
    leading_zeros = len(digits) - len(digits.lstrip(_ALPHABET[0]))
    return bytes(leading_zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
