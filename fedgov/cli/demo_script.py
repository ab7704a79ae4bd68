"""Who lives in the demo and what they said to each other. All people are invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PASSWORD: Final = "welkom-in-de-demo"  # noqa: S105 - printed on the screen, for a server that only this machine reaches


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff.

    Args:
        username: Name in the handle.
        name: Full name.
        function: What they are.
        department: Where they work.
        administrator: Whether they run the instance.
        about: Line on their profile.
    """

    username: str
    name: str
    function: str
    department: str
    administrator: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Town:
    """An instance of the demo."""

    name: str
    organisation: str
    tooi: str
    description: str
    staff: tuple[Colleague, ...]
    registration: Literal["closed", "open"] = "closed"


TOWNS: Final = (
    Town(
        name="groningen",
        organisation="gemeente Groningen",
        tooi="gm0014",
        description="Hier overleggen medewerkers van de gemeente Groningen met elkaar en met andere overheden.",
        staff=(
            Colleague(
                username="adviseur",
                name="Anna Bakker",
                function="beleidsadviseur jeugd",
                department="Maatschappelijke ontwikkeling",
                administrator=True,
                about="Vragen over jeugdhulp en regionale inkoop? Stuur gerust een bericht.",
            ),
            Colleague(username="planner", name="Sietse Hofman", function="planoloog", department="Ruimte en wonen"),
            Colleague(username="griffie", name="Mirjam de Wit", function="raadsadviseur", department="Griffie"),
            Colleague(
                username="systemen",
                name="Tom Oosting",
                function="functioneel beheerder",
                department="Informatievoorziening",
            ),
        ),
    ),
    Town(
        name="leeuwarden",
        organisation="gemeente Leeuwarden",
        tooi="gm0080",
        description="De plek waar Leeuwarden samenwerkt met buurgemeenten, provincie en Rijk.",
        staff=(
            Colleague(
                username="inkoper",
                name="Jelle Visser",
                function="inkoopadviseur",
                department="Inkoop en aanbesteden",
                administrator=True,
                about="Inkoop sociaal domein, SROI en duurzaam bouwen.",
            ),
            Colleague(
                username="energie",
                name="Froukje Dijkstra",
                function="adviseur energietransitie",
                department="Fysiek domein",
                about="Ik tink mei oer waarmtenetten en isolaasje.",
            ),
            Colleague(username="wijkteam", name="Noor Haddad", function="wijkcoördinator", department="Sociaal domein"),
            Colleague(
                username="archief", name="Pieter Wiersma", function="archivaris", department="Documentaire informatie"
            ),
        ),
    ),
    Town(
        name="bzk",
        organisation="ministerie van BZK",
        tooi="mnre1034",
        description="Binnenlandse Zaken en Koninkrijksrelaties in gesprek met andere overheden.",
        registration="open",
        staff=(
            Colleague(
                username="jurist",
                name="Fatima Amrani",
                function="jurist aanbestedingsrecht",
                department="Wetgeving",
                administrator=True,
                about="Aanbesteden tussen overheden, in gewone taal.",
            ),
            Colleague(
                username="data", name="Ruben Kok", function="adviseur datakwaliteit", department="Digitale overheid"
            ),
            Colleague(
                username="redactie", name="Lieke Vos", function="communicatieadviseur", department="Communicatie"
            ),
            Colleague(
                username="democratie",
                name="Daan Mulder",
                function="beleidsmedewerker",
                department="Democratie en bestuur",
            ),
        ),
    ),
)

FOLLOWS: Final = (
    ("adviseur", "inkoper"),
    ("adviseur", "jurist"),
    ("adviseur", "wijkteam"),
    ("adviseur", "planner"),
    ("adviseur", "energie"),
    ("planner", "energie"),
    ("planner", "adviseur"),
    ("griffie", "democratie"),
    ("griffie", "archief"),
    ("systemen", "data"),
    ("inkoper", "adviseur"),
    ("inkoper", "jurist"),
    ("inkoper", "energie"),
    ("energie", "planner"),
    ("wijkteam", "adviseur"),
    ("archief", "griffie"),
    ("archief", "data"),
    ("archief", "systemen"),
    ("jurist", "inkoper"),
    ("jurist", "adviseur"),
    ("data", "systemen"),
    ("data", "archief"),
    ("redactie", "jurist"),
    ("redactie", "griffie"),
    ("democratie", "griffie"),
)
"""(who, whom) by user name; user names are unique in the demo."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that somebody does.

    Args:
        do: What.
        who: User name.
        key: Name of the post, for later steps.
        text: Markdown.
        to: Name of the post that it is about.
        visibility: Who may read a new post.
        summary: Content note of a new post.
        title: Title of an article.
        options: Answers of a poll; for a vote, the one chosen.
        emoji: For a reaction.
    """

    do: Literal["post", "reply", "edit", "delete", "like", "share", "react", "vote"]
    who: str
    key: str = ""
    text: str = ""
    to: str = ""
    visibility: Literal["public", "unlisted", "followers", "direct", "organisation"] = "public"
    summary: str = ""
    title: str = ""
    options: tuple[str, ...] = ()
    emoji: str = ""


CONVERSATION: Final = (
    Step(
        do="post",
        who="inkoper",
        key="kader",
        text=(
            "Wie heeft het **inkoopkader jeugdhulp 2027** al vastgesteld? Wij willen in december naar de raad. "
            "Ik zoek een voorbeeld waarin de maximumtarieven per regio verschillen. Een concept mag ook, "
            "dan weet ik wie ik kan bellen. #inkoop #jeugdhulp"
        ),
    ),
    Step(
        do="reply",
        who="adviseur",
        key="antwoord",
        to="kader",
        text=(
            "Wij hebben vorige week een concept naar het college gestuurd. De tarieven verschillen bij ons per "
            "perceel, niet per regio. Ik stuur je de opzet; bel me gerust."
        ),
    ),
    Step(
        do="reply",
        who="jurist",
        key="let-op",
        to="kader",
        text=(
            "Let op de motivering: een verschil in tarief per regio mag, als u laat zien dat de kosten echt "
            "verschillen. Zet de onderbouwing in een bijlage, dan is het kader zelf leesbaar voor de raad."
        ),
    ),
    Step(do="like", who="inkoper", to="antwoord"),
    Step(do="like", who="adviseur", to="let-op"),
    Step(do="share", who="redactie", to="let-op"),
    Step(do="reply", who="inkoper", key="dank", to="let-op", text="Helder, dank! Dat neem ik zo over."),
    Step(
        do="post",
        who="jurist",
        key="inleen",
        title="Personeel lenen van een buurgemeente: moet dat worden aanbesteed?",
        text=(
            "Twee gemeenten die elkaar personeel lenen, doen dat meestal binnen een *gemeenschappelijke regeling*. "
            "Zonder zo'n regeling telt de waarde mee.\n\n"
            "## Drie vragen vooraf\n\n"
            "1. Werken we samen aan een publieke taak?\n"
            "2. Blijft de vergoeding bij de werkelijke kosten?\n"
            "3. Doen we minder dan een vijfde van dit werk voor anderen?\n\n"
            "Drie keer ja? Dan is aanbesteden meestal niet nodig. #inkoop #samenwerken"
        ),
    ),
    Step(do="share", who="inkoper", to="inleen"),
    Step(do="like", who="adviseur", to="inleen"),
    Step(do="react", who="inkoper", to="inleen", emoji="👏"),
    Step(
        do="post",
        who="energie",
        key="warmte",
        text=(
            "Moarn! Voor het warmtenet in de Vosseparkwijk zoeken we ervaringen met **restwarmte uit "
            "rioolwater**. Welke gemeente is al verder dan de haalbaarheidsstudie? #energietransitie"
        ),
    ),
    Step(
        do="reply",
        who="planner",
        key="warmte-gn",
        to="warmte",
        text="Wij hebben een proef lopen bij een school. Kom langs, dan laat ik de installatie zien.",
    ),
    Step(do="like", who="energie", to="warmte-gn"),
    Step(
        do="post",
        who="adviseur",
        key="stilte",
        visibility="organisation",
        text="Morgen is kamer 3.12 vrij voor wie even in stilte wil werken. De koffie is weer gerepareerd.",
    ),
    Step(
        do="post",
        who="griffie",
        key="peiling",
        text="Hoe bereiden jullie raadsleden voor op een besluit over ICT? #raad",
        options=("Technische sessie", "Factsheet van één pagina", "Werkbezoek", "Eigenlijk niet"),
    ),
    Step(do="vote", who="democratie", to="peiling", options=("Factsheet van één pagina",)),
    Step(do="vote", who="archief", to="peiling", options=("Technische sessie",)),
    Step(
        do="reply",
        who="democratie",
        key="peiling-bzk",
        to="peiling",
        text="Mooie vraag. Een factsheet werkt goed, als er ook in staat wat er gebeurt als je níet besluit.",
    ),
    Step(
        do="post",
        who="data",
        key="adressen",
        text="De levering van de adressen is vanaf maandag weer volledig. #data",
    ),
    Step(
        do="edit",
        who="data",
        to="adressen",
        text="De levering van de adressen is vanaf **dinsdag** weer volledig; maandag draait nog een controle. #data",
    ),
    Step(do="like", who="systemen", to="adressen"),
    Step(do="post", who="systemen", key="vergissing", text="Test, even negeren graag."),
    Step(do="delete", who="systemen", to="vergissing"),
    Step(
        do="post",
        who="archief",
        key="bewaren",
        visibility="followers",
        text=(
            "Voor wie mij volgt: het concept van onze nieuwe selectielijst staat klaar om te lezen. "
            "Reacties tot vrijdag zijn welkom."
        ),
    ),
    Step(do="reply", who="griffie", key="bewaren-gn", to="bewaren", visibility="followers", text="Ik lees mee!"),
    Step(
        do="post",
        who="wijkteam",
        key="huisbezoek",
        summary="Gaat over armoede in gezinnen",
        text=(
            "Na honderd huisbezoeken weten we het zeker: **de eerste vraag is bijna nooit het eigenlijke probleem**. "
            "Neem een uur, geen formulier. Wie doet dit ook zo?"
        ),
    ),
    Step(do="share", who="adviseur", to="huisbezoek"),
    Step(do="like", who="adviseur", to="huisbezoek"),
)
"""In this order; each step waits until the one it is about has arrived."""
