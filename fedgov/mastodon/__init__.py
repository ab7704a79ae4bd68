"""The Mastodon client API: a door for apps, in front of the same services that the pages use."""
