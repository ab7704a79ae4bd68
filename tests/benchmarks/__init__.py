"""Workloads with their correctness checks and the limit measured in the same run: ``make bench``."""
