"""The pages about people: logging in, settings, following, lists and the administrator's accounts."""
