"""Timelines and notifications."""
