"""What the window works on: the model, the faces, the training. No widgets."""
