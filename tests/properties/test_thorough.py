"""Every property with thousands of inputs, other ones each time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import services


@pytest.mark.soak
def test_every_property_holds_for_thousands_of_inputs() -> None:
    command = [sys.executable, "-m", "pytest", "-x", "tests/properties"]
    done = subprocess.run(command, cwd=services.ROOT, env=os.environ | {"FEDGOV_PROPERTIES": "thorough"}, check=False)
    assert done.returncode == 0
