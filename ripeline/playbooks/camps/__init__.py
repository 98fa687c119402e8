"""Two definitions at once, on pages."""
