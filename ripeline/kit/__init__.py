"""Small things every feature needs: ids and time."""
