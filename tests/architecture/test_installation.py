"""The installation page and the files that it copies: what a proxy, systemd and an image are told fits the code."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from fedgov.kernel.config import MediaSettings
from fedgov.mastodon.streams import names
from fedgov.mastodon.streams.hub import BEAT_SECONDS
from fedgov.web.bodies import FILES_AT_ONCE, MAX_BYTES
from tests.architecture.test_documents import objection

ROOT: Final = Path(__file__).resolve().parents[2]
HOW_TO: Final = ROOT / "docs" / "how-to"
PAGE: Final = (HOW_TO / "install-on-debian.md").read_text(encoding="utf-8")
LARGEST: Final = FILES_AT_ONCE * MediaSettings().max_bytes + MAX_BYTES


def block(word: str) -> str:
    """Return the one block of text in which a word stands."""
    (found,) = [text for text in re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if word in text]
    return str(found)


def test_the_page_says_how_large_a_request_may_be() -> None:
    assert f"bodies of {LARGEST // 1_000_000} MB" in PAGE
    (nginx,) = re.findall(r"client_max_body_size (\d+)m;", block("ssl http2"))
    assert LARGEST <= int(nginx) * 1_048_576 < 2 * LARGEST


def test_nginx_passes_on_what_signatures_and_limits_need() -> None:
    locations = re.findall(r"location \S+ \{(.*?)\}", block("ssl http2"), re.DOTALL)
    assert len(locations) == 2
    for location in locations:
        assert "proxy_set_header Host $host;" in location
        assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in location
        assert re.findall(r"proxy_pass (.*);", location) == ["http://127.0.0.1:8000"], "a path would be decoded"


def test_nginx_lets_apps_listen() -> None:
    (location,) = re.findall(rf"location {names.ROOT} \{{(.*?)\}}", block("ssl http2"), re.DOTALL)
    for line in (
        "proxy_set_header Upgrade $http_upgrade;",
        'Connection "upgrade";',
        "proxy_buffering off;",
        "version 1.1;",
    ):
        assert line in location
    assert BEAT_SECONDS < 60, "nginx closes what is silent for a minute"


def test_caddy_needs_no_more_than_where_to_go() -> None:
    assert "reverse_proxy 127.0.0.1:8000" in block("reverse_proxy")
    assert "max_size" not in PAGE, "Debian's Caddy answers 502 to what is larger, where fedgov explains it"


@pytest.mark.parametrize("name", ["fedgov.service", "fedgov-backup@.service", "fedgov-backup@.timer"])
def test_what_systemd_is_given_is_in_order(name: str, tmp_path: Path) -> None:
    text = (HOW_TO / name).read_text(encoding="utf-8")
    assert name in text.splitlines()[0]
    analyse = shutil.which("systemd-analyze")
    if analyse is None:  # not installed on every machine
        return
    for each in HOW_TO.glob("fedgov*.*"):
        copy = each.read_text(encoding="utf-8").replace("/opt/fedgov/bin/fedgov", "/bin/true")
        (tmp_path / each.name.replace("@", "@gemeente")).write_text(copy, encoding="utf-8")
    unit = tmp_path / name.replace("@", "@gemeente")
    command = [analyse, "verify", "--man=no", "--recursive-errors=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_nightly_backup_is_a_command_that_exists() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string((HOW_TO / "fedgov-backup@.service").read_text(encoding="utf-8"))
    shell, _, script = shlex.split(unit["Service"]["ExecStart"])
    typed = script.removeprefix("exec /opt/fedgov/bin/fedgov ")
    assert (shell, typed != script, objection(typed)) == ("/bin/sh", True, None)


def test_keys_and_data_stay_out_of_an_image() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"instances", "keys", ".git", ".venv", "node_modules"} <= set(left_out)
