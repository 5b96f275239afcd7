"""Hundreds of sliders of the latent."""
