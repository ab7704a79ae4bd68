"""Logs: readable by machines, and without what must not be in them."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
import structlog

from fedgov.kernel import log


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave logging as it was."""
    yield
    structlog.reset_defaults()


def fail_with(password: str) -> None:
    """Fail while something secret is at hand."""
    key_material = f"{password}-derived"
    raise RuntimeError(f"failed with {len(key_material)} characters")


def test_a_line_is_one_json_object_with_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(pretty=False)

    structlog.get_logger("test").info("host_down", host="delft.example", pause_ms=10)

    (line,) = capsys.readouterr().err.splitlines()
    found = orjson.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {"event": "host_down", "level": "info", "host": "delft.example", "pause_ms": 10}


@pytest.mark.parametrize(
    "name", ["Authorization", "http_signature", "password", "access_token", "cookies", "private_key"]
)
@pytest.mark.parametrize("pretty", [True, False])
def test_a_secret_is_not_logged_under_any_name(capsys: pytest.CaptureFixture[str], name: str, pretty: bool) -> None:
    log.configure(pretty=pretty)

    structlog.get_logger("test").warning("refused", **{name: "hunter2"})

    line = capsys.readouterr().err
    assert "[not logged]" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("pretty", [True, False])
def test_a_traceback_shows_no_values_of_variables(capsys: pytest.CaptureFixture[str], pretty: bool) -> None:
    log.configure(pretty=pretty)

    try:
        fail_with("hunter2")
    except RuntimeError:
        structlog.get_logger("test").exception("worker_failed")

    written = capsys.readouterr().err
    assert "failed with 15 characters" in written
    assert "fail_with" in written
    assert "hunter2" not in written.replace('fail_with("hunter2")', "")  # the source line itself may be shown


def test_what_is_below_the_level_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="warning", pretty=False)

    structlog.get_logger("test").info("quiet")
    structlog.get_logger("test").warning("loud")

    assert [orjson.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["loud"]
