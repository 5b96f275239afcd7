"""What joins the session and the workspaces; nothing else sees both."""
