"""A second definition kept beside the one in force."""
