"""Accounts, profiles, blocks and mutes of the people of this instance."""
