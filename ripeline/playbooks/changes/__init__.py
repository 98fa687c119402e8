"""What differs between two definitions, in words."""
