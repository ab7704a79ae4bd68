"""Streams: what happens is shown to apps at once, over a connection that stays open."""
