"""Segments: who fulfils conditions, kept as rows, with since when and why; and lists made by hand beside them."""
