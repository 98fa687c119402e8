"""The page of the definition in force, in words and as written, and of those before it."""
