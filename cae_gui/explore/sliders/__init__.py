"""The list of sliders, one for each direction."""
