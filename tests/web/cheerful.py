"""Somebody elsewhere who writes with emoji of their own and quotes others, for tests in a browser."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageDraw

from fedgov.activitystreams.audience import PUBLIC
from tests.federation.interop.world import Correspondent, correspondent

if TYPE_CHECKING:
    from tests.web.scene import Scene

SHORTCODES: Final = ("koe", "vlag")
LONG: Final = (
    "<p>Wij hebben het <strong>inkoopkader</strong> vorige week vastgesteld. Het geldt voor alle acht gemeenten in de"
    " regio, en wie wil kan het overnemen. De bijlagen volgen zodra de griffie ze heeft nagelezen.</p>"
    '<p>Vragen? <a href="https://elders.example/vragen">Stel ze hier</a>.</p><p>Groet, Pien :koe:</p>'
)


def drawn(shortcode: str) -> bytes:
    """The picture of an emoji: a cow's face, or a wide flag."""
    image = Image.new("RGBA", (128 if shortcode == "koe" else 192, 128))
    pen = ImageDraw.Draw(image)
    if shortcode == "koe":
        pen.ellipse((8, 8, 120, 120), fill="#8a5a2b")
        pen.ellipse((30, 64, 98, 116), fill="#f3c9b5")
        for left in (38, 74):
            pen.ellipse((left, 36, left + 16, 52), fill="white")
    else:
        for number, colour in enumerate(("#ae1c28", "white", "#21468b")):
            pen.rectangle((0, number * 43, 192, number * 43 + 43), fill=colour)
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def move_in(scene: Scene) -> Correspondent:
    """Let Pien live at another server, with her emoji."""
    pien = correspondent(scene.outside, "vrolijk", "/users/pien")
    about = {"name": "Pien de Boer :koe:", "summary": "<p>Werkt aan inkoop :vlag:</p>", "tag": _tags(scene)}
    pien.document.update(about)
    scene.outside.serve(pien.document)
    for each in SHORTCODES:
        scene.outside.pages[_address(scene, each)] = (200, "image/png", drawn(each))
    scene.outside.pages[scene.outside.url("vrolijk", "/plein.png")] = (200, "image/png", drawn("vlag"))
    return pien


def _address(scene: Scene, shortcode: str) -> str:
    return scene.outside.url("vrolijk", f"/emoji/{shortcode}.png")


def _tags(scene: Scene) -> list[dict[str, Any]]:
    return [
        {"type": "Emoji", "name": f":{each}:", "icon": {"type": "Image", "url": _address(scene, each)}}
        for each in SHORTCODES
    ]


def notes(scene: Scene, pien: Correspondent, *, hidden: str) -> dict[str, dict[str, Any]]:
    """What she writes, by name, in order; ``hidden`` is the address of something that not everyone may read."""
    found: dict[str, dict[str, Any]] = {}
    to = [PUBLIC, scene.anna.uri]

    def write(name: str, content: str, *, quotes: str | None = None, **more: Any) -> dict[str, Any]:
        line = f'<p class="quote-inline">RE: <a href="{quotes}">{quotes}</a></p>' if quotes else ""
        found[name] = pien.note(
            content=line + content, to=to, tag=_tags(scene), **({"quote": quotes} if quotes else {}), **more
        )
        return found[name]

    picture = {"type": "Document", "mediaType": "image/png", "url": scene.outside.url("vrolijk", "/plein.png")}
    answers = [{"type": "Note", "name": f"{name} :koe:", "replies": {"totalItems": 2}} for name in ("Ja", "Nee")]
    long = write("quotable", LONG, attachment=[picture | {"name": "Een vlag op het plein"}, picture])
    write("cheerful", "<p>Goed gedaan :koe::vlag: <code>:koe:</code></p>", summary="Feest :vlag:")
    write("cheerful_poll", "<p>Taart? :koe:</p>", type="Question", oneOf=answers)
    quoting = write("quoting", "<p>Dit is er een van ons :vlag:</p>", quotes=long["id"])
    noted = write("noted", "<p>De uitslag staat erin.</p>", summary="Gaat over de uitslag :koe:", attachment=[picture])
    write("quoting_noted", "<p>Lees maar.</p>", quotes=noted["id"])
    write("quoting_nested", "<p>En zo gaat het door.</p>", quotes=quoting["id"])
    write("quoting_hidden", "<p>Hier staat iets dat niet iedereen mag lezen.</p>", quotes=hidden)
    write("quoting_unknown", "<p>Ken je dit?</p>", quotes=scene.outside.url("weg", "/notes/1"))
    return found
