"""The latent space: directions, typicality, neighbours, maps, and their caches."""
