"""The workloads by name, as `make bench` takes them."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.workloads.between import w3, w8
from tests.benchmarks.workloads.common import Workload
from tests.benchmarks.workloads.fan_out import w2, w10
from tests.benchmarks.workloads.inbound import w1, w1b, w1c
from tests.benchmarks.workloads.listening import w9
from tests.benchmarks.workloads.searching import w5
from tests.benchmarks.workloads.size import w6, w6_loaded, w7, w11
from tests.benchmarks.workloads.timeline import w4

WORKLOADS: Final[dict[str, Workload]] = {
    "W1": w1,
    "W1b": w1b,
    "W1c": w1c,
    "W2": w2,
    "W3": w3,
    "W4": w4,
    "W5": w5,
    "W6": w6,
    "W6-loaded": w6_loaded,
    "W7": w7,
    "W8": w8,
    "W9": w9,
    "W10": w10,
    "W11": w11,
}
