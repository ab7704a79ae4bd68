"""The foundation: errors, clock, uris, text, configuration. Pure; imports nothing of ours."""
