"""The cellar: one database, one transaction."""
