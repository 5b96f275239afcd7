"""Atomic writes, bounded reads of untrusted files, and where files lie."""
