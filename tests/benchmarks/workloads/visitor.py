"""Somebody at a browser, as far as a measurement needs one: logs in, reads pages, writes messages."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.benchmarks.workloads.common import PASSWORD, TARGET


@dataclass(slots=True)
class Visitor:
    """One kept connection and its cookies.

    Args:
        port: Where the instance listens.
        name: First label of its host.
    """

    port: int
    name: str = "bench"
    _cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def log_in(self) -> None:
        """Log in with the form."""
        self._submit("/login", {"username": TARGET, "password": PASSWORD})
        assert b'name="text"' in self.read("/home"), "not logged in"

    def read(self, path: str) -> bytes:
        """Return a page."""
        status, body = self._ask("GET", path)
        assert status == 200, (path, status)
        return body

    def write(self, text: str) -> None:
        """Publish a message for everyone."""
        self._submit("/compose", {"text": text, "audience": "public", "action": "publish", "next": "/home"})

    def timed_read(self, path: str) -> float:
        """Return how many seconds a page took."""
        started = time.perf_counter()
        self.read(path)
        return time.perf_counter() - started

    def _submit(self, path: str, fields: dict[str, str]) -> None:
        page = self.read(path).decode()
        token = re.findall(r'name="csrf" value="([^"]+)"', page)[-1]
        form = urlencode({"csrf": token, **fields})
        status, body = self._ask("POST", path, form)
        assert status in (302, 303), (path, status, body[:500])

    def _ask(self, method: str, path: str, form: str | None = None) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        host = f"{self.name}.localhost:{self.port}"
        headers = {"Host": host, "Accept": "text/html", "Origin": f"http://{host}"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body=form, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, body
