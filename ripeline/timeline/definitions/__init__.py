"""The definitions: their versions, the one in force, putting one in force."""
