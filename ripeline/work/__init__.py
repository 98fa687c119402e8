"""Rows that fall due: claimed in batches, leased, retried with back-off, rescued after a crash."""
