"""The frame around every page: navigation, components, static files."""
