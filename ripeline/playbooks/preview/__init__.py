"""What would change: a definition replayed over the whole history beside another, before anybody is moved."""
