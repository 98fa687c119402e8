"""Who they are: contacts, companies, visitors and the people who work here."""
