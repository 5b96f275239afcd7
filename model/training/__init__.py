"""Training: loop, batches and optimizers, in one process or several."""
