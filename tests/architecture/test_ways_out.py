"""There is one way out to other servers; any other module that can open a connection is named here, with its reason."""

from __future__ import annotations

import ast
from typing import Final

import pytest

from tests.architecture.test_house import imported, modules

MODULES: Final = frozenset(
    {
        *("aiohttp", "aiohappyeyeballs", "asyncpg", "ftplib", "http.client", "httpx", "imaplib", "nats", "poplib"),
        *("psycopg", "pycurl", "redis", "requests", "smtplib", "socket", "socketserver", "ssl", "subprocess"),
        *("telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc"),
    }
)
"""What can open a connection, or start a program that does."""

CALLS: Final = frozenset(
    {
        *("create_connection", "create_datagram_endpoint", "create_subprocess_exec", "create_subprocess_shell"),
        *("create_unix_connection", "open_connection", "open_unix_connection", "sock_connect"),
    }
)
"""What the event loop offers for it; also what runs a program."""

EXCEPTIONS: Final[dict[str, dict[str, str]]] = {
    "fedgov.federation.client": {
        "aiohttp": "the one way out",
        "socket": "constants of the resolver, which checks each address",
        "ssl": "what is wrong with a certificate, in words",
    },
    "fedgov.cli.demo": {"socket": "tries whether its own ports are free"},
    "fedgov.cli.serve": {"socket": "listens"},
    "fedgov.cli.doctor": {
        "socket": "looks up the names of this server",
        "ssl": "looks at the certificate of this server",
        "open_connection": "knocks at this server",
    },
    "fedgov.cli.duty": {"open_connection": "asks this server how it is"},
    "fedgov.cli.postgres": {"subprocess": "pg_dump and pg_restore, with the address of the configuration"},
}
"""What a module may use, and for what. The driver of PostgreSQL is loaded by SQLAlchemy, by its name in a URL."""


def ways_out(tree: ast.Module) -> set[str]:
    """What one module uses of all that."""
    names = {name for name in imported(tree) for way in MODULES if name == way or name.startswith(f"{way}.")}
    found = {way for name in names for way in MODULES if name == way or name.startswith(f"{way}.")}
    found |= {name.rpartition(".")[2] for name in imported(tree)} & CALLS
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CALLS:
            found.add(node.attr)
        if isinstance(node, ast.Name) and node.id in CALLS:
            found.add(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            found.add("__import__")
        if isinstance(node, ast.Attribute) and node.attr == "import_module":
            found.add("import_module")
    return found


def test_nothing_but_the_named_modules_can_open_a_connection() -> None:
    found = {name: ways_out(tree) for name, tree in modules()}
    assert {name: ways for name, ways in found.items() if ways - EXCEPTIONS.get(name, {}).keys()} == {}


def test_every_exception_is_still_needed() -> None:
    found = {name: ways_out(tree) for name, tree in modules()}
    left = {name: ways.keys() - found.get(name, set()) for name, ways in EXCEPTIONS.items()}
    assert {name: ways for name, ways in left.items() if ways} == {}


@pytest.mark.parametrize(
    ("code", "ways"),
    [
        ("import aiohttp", {"aiohttp"}),
        ("from urllib.request import urlopen", {"urllib.request"}),
        ("import urllib.request as r", {"urllib.request"}),
        ("from urllib import request", {"urllib.request"}),
        ("from http import client", {"http.client"}),
        ("from urllib.parse import urlsplit", set()),
        ("from http import HTTPStatus", set()),
        ("async def f():\n    await asyncio.open_connection('x', 1)", {"open_connection"}),
        ("from asyncio import open_connection", {"open_connection"}),
        ("def f(loop):\n    return loop.create_connection(P, 'x', 1)", {"create_connection"}),
        ("def f():\n    return __import__('socket')", {"__import__"}),
    ],
)
def test_the_scan_sees_a_way_out(code: str, ways: set[str]) -> None:
    assert ways_out(ast.parse(code)) == ways
