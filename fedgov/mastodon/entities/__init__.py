"""Cards as Mastodon's entities: pure functions, one module for each family."""
