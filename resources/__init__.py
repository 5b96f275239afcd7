"""What ships with the application: weights, demo faces, icon, style."""
