"""Raw ASGI endpoints that other servers call."""
