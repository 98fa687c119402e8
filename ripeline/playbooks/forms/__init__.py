"""A definition shown and edited as forms."""
