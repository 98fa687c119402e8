"""What the readers of mails see of us: leaving, choosing, following links; and what mail providers tell."""
