"""Widgets that several pages use, and what they are painted with; they know no page."""
