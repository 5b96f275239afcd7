"""Paths between faces, and the films and pictures made of them."""
