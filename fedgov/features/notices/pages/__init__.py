"""The pages of what is there for one person, and of what administrators tell everybody."""
