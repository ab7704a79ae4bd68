"""Uploaded files, and cached copies of remote ones."""
