"""Emails: written in blocks or as a person would, made for one person on plain data."""
