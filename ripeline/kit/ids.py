"""Keys that reveal nothing and never clash."""

import secrets


def new_key() -> str:
    """32 lower-case hexadecimal characters: 128 random bits."""
    return secrets.token_hex(16)
