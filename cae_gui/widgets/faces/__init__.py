"""Faces, one and many, to look at, choose, drag and drop."""
