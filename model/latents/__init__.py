"""The latent space: directions, typicality, neighbours, maps, and what is kept of them."""
