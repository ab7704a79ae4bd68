"""What somebody is looking for."""
