"""The training: its loop, batches and optimizers, alone and in several processes."""
