"""The website: the browser script and its serving, signed links, and the pages about what comes from it."""
