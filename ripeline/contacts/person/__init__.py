"""The page of a person: where they stand, why, the journey; changing and moving them."""
