"""The lists: of contacts and of companies; search, saved views, columns, bulk actions, export, palette."""
