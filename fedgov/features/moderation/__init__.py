"""Reports about people and posts."""
