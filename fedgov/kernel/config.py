"""The configuration of one instance: ``config.toml`` read into a frozen dataclass.

Every mistake is reported at once, by its name and with what was expected. The
reference page in ``docs/reference/configuration.md`` is compared with the
dataclasses here by a test, so a setting that is not described cannot exist.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_type_hints

from fedgov.kernel.errors import FedgovError, MalformedError
from fedgov.kernel.uris import Site, normalise_host

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Trust = Literal["open", "listed"]
Registration = Literal["closed", "approval", "open"]
ShowBlocks = Literal["nobody", "colleagues", "everyone"]
Language = Literal["nl", "en", "fy"]

MAX_RULE: Final = 500
INSTANCE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_TOOI: Final = re.compile(r"[a-z]{2}\d{4}\Z|[a-z]+\d+\Z")


class ConfigurationError(FedgovError):
    """The configuration has mistakes; all of them are listed.

    Args:
        mistakes: One sentence per mistake, each naming its setting.
    """

    code = "configuration"

    def __init__(self, source: str, mistakes: list[str]) -> None:
        lines = "\n".join(f"  - {mistake}" for mistake in mistakes)
        super().__init__(f"{source} has {len(mistakes)} mistake(s):\n{lines}")
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class InstanceSettings:
    """Who this instance is. None of this should change once others know it.

    Args:
        domain: Host in every address of this instance, with the port when it is not the default one.
        organisation: Name of the organisation, as people know it.
        scheme: `https`; `http` only with `federation.allow_http`.
        tooi: TOOI identifier of the organisation, for instance `gm0014`; empty when it has none.
        language: Default language of the pages: `nl`, `en` or `fy`.
        contact: E-mail address for visitors and for security.txt; empty when there is none.
        description: One or two plain sentences for the front page.
        rules: House rules, each a plain sentence; none: those that come with fedgov.
    """

    domain: str
    organisation: str
    scheme: Literal["https", "http"] = "https"
    tooi: str = ""
    language: Language = "nl"
    contact: str = ""
    description: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens.

    Args:
        listen: Address and port, for instance `127.0.0.1:8000`.
        aliases: Other Host headers this instance answers to; its own addresses keep `instance.domain`.
        trusted_proxies: Networks whose X-Forwarded-For is believed.
    """

    listen: str = "127.0.0.1:8000"
    aliases: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the data is.

    Args:
        url: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`; empty: `fedgov.sqlite3` beside this file.
    """

    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FederationSettings:
    """With whom messages are exchanged, and how carefully.

    Args:
        trust: `open`: with everyone who is not blocked; `listed`: only with listed hosts.
        authorised_fetch: Whether every ActivityPub GET, of public things too, must be signed.
        allow_http: Whether peers may use plain http; for demonstrations and tests only.
        allow_networks: Networks that are not on the public internet but may be contacted, such as an intranet.
        show_blocks: Who may read which servers are blocked here: `nobody`, `colleagues` or `everyone`.
    """

    trust: Trust = "open"
    authorised_fetch: bool = False
    allow_http: bool = False
    allow_networks: tuple[Network, ...] = ()
    show_blocks: ShowBlocks = "colleagues"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Who may have an account.

    Args:
        registration: `closed`: the administrator makes accounts; `approval`: anyone who can reach the page may ask for
            one, and an administrator lets them in; `open`: anyone who can reach the page.
        session_days: Days after which an unused log-in ends.
    """

    registration: Registration = "closed"
    session_days: int = 30


@dataclass(frozen=True, slots=True)
class PostSettings:
    """What a post may be.

    Args:
        max_characters: Longest text of a post, in characters.
        max_attachments: Most attachments on one post.
        max_poll_options: Most options of a poll.
    """

    max_characters: int = 5_000
    max_attachments: int = 8
    max_poll_options: int = 10


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Uploaded and cached files.

    Args:
        max_bytes: Largest upload and largest remote file that is cached, in bytes.
        max_pixels: Most pixels of an image, width times height.
        cache_bytes: Most disk space for copies of remote media, in bytes.
    """

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    cache_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How often is too often. Whoever comes too often hears 429 and when to come back; nothing is lost.

    Args:
        posts_per_hour: Messages that one account may write, change or share in an hour.
        reactions_per_hour: Likes, reactions and votes of one account in an hour.
        follows_per_hour: Follows, blocks and mutes of one account in an hour.
        uploads_per_hour: Files that one account may upload in an hour.
        reports_per_hour: Reports of one account in an hour.
        lookups_per_hour: Times that one account may let this server ask another one, in an hour.
        inbox_per_minute: Activities of one other server in a minute; one counts once more for each 16 kB.
        newcomers_per_hour: People of one registered domain (also under all of its subdomains together) whom this server
            gets to know in an hour; one counts once more for each 64 kB.
        refused_per_minute: Refused requests from one network (an IPv4 /24 or an IPv6 /64) in a minute.
        api_calls_per_five_minutes: Calls that the apps of one account may make in five minutes; of visitors, those of
            one network.
        api_uploads_per_half_hour: Calls with a file that the apps of one account may make in half an hour.
        apps_per_hour: Apps that may register from one network in an hour.
        registrations_at_once: Accounts that anyone may make from one address before the next one has to wait, the
            longer the more there were; for `accounts.registration = "open"`.
    """

    posts_per_hour: int = 600
    reactions_per_hour: int = 1_500
    follows_per_hour: int = 600
    uploads_per_hour: int = 600
    reports_per_hour: int = 60
    lookups_per_hour: int = 600
    inbox_per_minute: int = 300_000
    newcomers_per_hour: int = 10_000
    refused_per_minute: int = 600
    api_calls_per_five_minutes: int = 300
    api_uploads_per_half_hour: int = 30
    apps_per_hour: int = 60
    registrations_at_once: int = 5


_THIS_MACHINE: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Who may read `/metrics`; for everyone else there is no such page. See `docs/how-to/monitor.md`.

    Args:
        enabled: Whether there is such a page at all.
        allow_networks: Networks that may read it without a token.
        token: Whoever sends `Authorization: Bearer TOKEN` may read it from anywhere; 32 characters or more.
    """

    enabled: bool = True
    allow_networks: tuple[Network, ...] = _THIS_MACHINE
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an administrator can set.

    Args:
        name: Folder name of the instance; the name on the command line.
        folder: Where its files are.
    """

    name: str
    folder: Path
    instance: InstanceSettings
    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    federation: FederationSettings = field(default_factory=FederationSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    posts: PostSettings = field(default_factory=PostSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    @property
    def site(self) -> Site:
        """The permanent addresses that follow from domain and scheme."""
        return Site(domain=self.instance.domain, scheme=self.instance.scheme)

    @property
    def database_url(self) -> str:
        """The database address with the default filled in."""
        return self.database.url or f"sqlite:///{self.folder / 'fedgov.sqlite3'}"

    @property
    def listen(self) -> tuple[str, int]:
        """Address and port to listen on."""
        address, _, port = self.server.listen.rpartition(":")
        return address.strip("[]"), int(port)


SECTIONS: Final[Mapping[str, type]] = {
    "instance": InstanceSettings,
    "server": ServerSettings,
    "database": DatabaseSettings,
    "federation": FederationSettings,
    "accounts": AccountSettings,
    "posts": PostSettings,
    "media": MediaSettings,
    "limits": LimitSettings,
    "metrics": MetricsSettings,
}


def load(folder: Path) -> Config:
    """Read ``folder/config.toml``.

    Raises:
        ConfigurationError: The file is missing, is not TOML, or has mistakes; all are listed.
    """
    path = folder / "config.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(str(path), ["the file does not exist; `fedgov init` makes it"]) from None
    except OSError as error:
        raise ConfigurationError(str(path), [f"the file cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(path), [f"not readable as TOML: {error}"]) from None
    return read(table, folder=folder)


def read(table: Mapping[str, Any], *, folder: Path) -> Config:
    """Read the parsed TOML of one instance.

    Raises:
        ConfigurationError: With every mistake that was found.
    """
    mistakes = [
        f"[{name}] is not a section; expected one of {', '.join(SECTIONS)}" for name in table if name not in SECTIONS
    ]
    sections: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        values = table.get(name, {})
        if isinstance(values, dict):
            sections[name] = _section(name, kind, values, mistakes)
        else:
            mistakes.append(f"[{name}] must be a section with settings")
    mistakes += _contradictions(folder.name, sections)
    if mistakes:
        raise ConfigurationError(str(folder / "config.toml"), mistakes)
    config = Config(name=folder.name, folder=folder, **sections)
    return _without_default_ports(config, scheme=config.instance.scheme)


def _section(name: str, kind: type, values: Mapping[str, Any], mistakes: list[str]) -> object | None:
    hints = get_type_hints(kind)
    known = {item.name: item for item in fields(kind)}
    mistakes.extend(
        f"{name}.{key} is not a setting; expected one of {', '.join(known)}" for key in values if key not in known
    )
    read_values: dict[str, Any] = {}
    before = len(mistakes)
    for key, item in known.items():
        if key in values:
            try:
                read_values[key] = _value(f"{name}.{key}", hints[key], values[key])
            except ValueError as error:
                mistakes.append(f"{name}.{key} {error}")
        elif item.default is MISSING and item.default_factory is MISSING:
            mistakes.append(f"{name}.{key} is missing; {_EXPECTED.get(f'{name}.{key}', 'a text is expected')}")
    return kind(**read_values) if len(mistakes) == before else None


def _value(name: str, hint: Any, value: object) -> object:  # noqa: ANN401 - a type hint of any kind
    if choices := get_args(hint) if getattr(hint, "__origin__", None) is Literal else ():
        if value not in choices:
            raise ValueError(f"is {value!r}; expected one of {', '.join(map(repr, choices))}")
        return value
    if hint is bool:
        if not isinstance(value, bool):
            raise ValueError(f"is {value!r}; expected true or false")
        return value
    if hint is int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"is {value!r}; expected a whole number above 0")
        return value
    if hint is str:
        if not isinstance(value, str):
            raise ValueError(f"is {value!r}; expected a text")
        return _TEXTS[name](value) if name in _TEXTS else value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"is {value!r}; expected a list of texts")
    if get_args(hint)[0] is str:
        return tuple(_LISTS.get(name, _domain)(item) for item in value)
    return tuple(_network(item) for item in value)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"has {text!r}; expected networks like 10.0.0.0/8") from None


def _domain(text: str) -> str:
    try:
        return normalise_host(text, scheme="")  # which port is the default one depends on another setting
    except MalformedError:
        raise ValueError(f"has {text!r}; {_EXPECTED['instance.domain']}") from None


def _tooi(text: str) -> str:
    if text and not _TOOI.match(text):
        raise ValueError(f"is {text!r}; expected a TOOI identifier like gm0014")
    return text


def _contact(text: str) -> str:
    if text and not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", text):
        raise ValueError(f"is {text!r}; expected an e-mail address")
    return text


def read_listen(text: str) -> str:
    """Return an address to listen on as it is.

    Raises:
        ValueError: It is not an address with a port.
    """
    address, _, port = text.rpartition(":")
    if not address or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError(f"is {text!r}; expected an address and a port like 127.0.0.1:8000")
    return text


def _database_url(text: str) -> str:
    if text and not re.match(r"sqlite:///(?!:memory:)[^?]|postgresql://.", text):
        raise ValueError("is not understood; expected sqlite:///PATH or postgresql://USER@HOST/NAME")
    return text


def _token(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{32,}", text):
        raise ValueError("is not shown here; expected 32 or more letters and digits, as from: openssl rand -hex 32")
    return text


def _organisation(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; expected the name of the organisation")
    return text.strip()


def _rule(text: str) -> str:
    if not text.strip() or len(text) > MAX_RULE:
        raise ValueError(f"has {text[:40]!r}; expected sentences of 1 to {MAX_RULE} characters")
    return text.strip()


_TEXTS: Final[Mapping[str, Callable[[str], str]]] = {
    "instance.domain": _domain,
    "instance.organisation": _organisation,
    "instance.tooi": _tooi,
    "instance.contact": _contact,
    "server.listen": read_listen,
    "database.url": _database_url,
    "metrics.token": _token,
}
_LISTS: Final[Mapping[str, Callable[[str], str]]] = {"instance.rules": _rule}
_EXPECTED: Final[Mapping[str, str]] = {
    "instance.domain": "expected a host name like social.gemeente.example",
    "instance.organisation": "expected the name of the organisation",
}


def _without_default_ports(config: Config, *, scheme: str) -> Config:
    instance = replace(config.instance, domain=normalise_host(config.instance.domain, scheme=scheme))
    aliases = tuple(normalise_host(alias, scheme=scheme) for alias in config.server.aliases)
    return replace(config, instance=instance, server=replace(config.server, aliases=aliases))


def _contradictions(name: str, sections: Mapping[str, Any]) -> list[str]:
    mistakes = []
    if not INSTANCE_NAME.match(name):
        mistakes.append(f"the folder name {name!r} must be small letters, digits and hyphens")
    instance, federation = sections.get("instance"), sections.get("federation")
    if instance is None or federation is None:
        return mistakes  # what is wrong there is listed already
    if instance.scheme == "http" and not federation.allow_http:
        mistakes.append("instance.scheme is 'http', which needs federation.allow_http = true (demonstrations only)")
    return mistakes
