"""Saved sessions, and work that isn't saved yet."""
