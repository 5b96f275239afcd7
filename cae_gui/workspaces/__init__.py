"""The four workspaces; each arranges widgets and says what the person wants."""
