"""The pages about people: the list, the contact, the company."""
