"""Drafts: kept, checked and changed letter by letter."""
