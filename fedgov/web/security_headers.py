"""What a browser may do with our pages: nothing from elsewhere, no inline script or style (XSS-01, WEB-10)."""

from __future__ import annotations

from typing import Final

from quart import Response

from fedgov.web.desk import Desk

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
PERMISSIONS_POLICY: Final = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "payment",
        "usb",
    )
)
HSTS: Final = "max-age=31536000"


def add_headers(response: Response, *, desk: Desk) -> None:
    """Put the security headers on an answer; one that a view set itself stays.

    ``same-origin`` keeps our addresses from other sites and still lets a browser
    name the origin of a form, which the CSRF check looks at.
    """
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if desk.secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
