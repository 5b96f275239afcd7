"""Moving a face through the latent space."""
