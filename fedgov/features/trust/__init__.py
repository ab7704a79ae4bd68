"""Whom this instance exchanges messages with."""
