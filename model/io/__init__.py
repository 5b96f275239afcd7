"""Atomic writes, bounded reads of untrusted files, locks, and where files lie."""
