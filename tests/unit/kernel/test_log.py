"""Logs: readable by machines, and without what must not be in them."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from fedgov.kernel import log


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave logging as it was."""
    root, ours = logging.getLogger(), logging.getLogger("fedgov")
    before = root.handlers[:], root.level, ours.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level, ours.level = before


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


def test_what_libraries_log_has_the_same_form_and_is_at_least_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="debug", pretty=False)

    logging.getLogger("aiosqlite").debug("executing INSERT with %s", ("hunter2",))
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")

    (line,) = capsys.readouterr().err.splitlines()
    found = orjson.loads(line)
    assert (found["event"], found["level"]) == ("Invalid HTTP request received.", "warning")
    assert found["logger"] == "uvicorn.error"
    assert "timestamp" in found


def test_our_own_modules_are_heard_at_the_level_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="info", pretty=False)

    logging.getLogger("fedgov.web.problems").info("refused %s", "/home")
    logging.getLogger("fedgov.web.problems").debug("quiet")

    assert [orjson.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["refused /home"]


def test_what_belongs_to_one_request_has_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(pretty=False)

    def answer() -> None:
        log.begin_request()
        structlog.get_logger("test").info("one")
        logging.getLogger("fedgov.test").warning("two")

    contextvars.copy_context().run(answer)
    contextvars.copy_context().run(answer)
    structlog.get_logger("test").info("none")

    numbers = [orjson.loads(line).get("request") for line in capsys.readouterr().err.splitlines()]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3] is not None
    assert numbers[4] is None


@pytest.mark.parametrize("pretty", [True, False])
def test_the_values_that_a_database_repeats_are_left_out(capsys: pytest.CaptureFixture[str], pretty: bool) -> None:
    log.configure(pretty=pretty)

    try:
        raise RuntimeError("duplicate key value\nDETAIL:  Key (text)=(hunter2) already exists.")
    except RuntimeError:
        log_line = structlog.get_logger("test")
        log_line.exception("worker_failed")

    written = capsys.readouterr().err
    assert "duplicate key value" in written
    # The source line itself may be shown.
    assert "hunter2" not in written.replace('DETAIL:  Key (text)=(hunter2) already exists.")', "")
