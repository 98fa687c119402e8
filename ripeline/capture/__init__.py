"""Every touch that a website, a form, a download or another system can tell us."""
