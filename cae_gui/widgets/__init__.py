"""Reusable widgets, one a file; they know no session and no engine."""
