"""Who administered this instance, and who logged in."""
