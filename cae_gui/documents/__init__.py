"""What a person opens and saves: models, faces, sessions, unsaved work."""
