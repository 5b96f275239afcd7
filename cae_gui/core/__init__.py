"""What all pages work with: jobs in the background, the model in use, problems."""
