"""Editing a face in the latent space."""
