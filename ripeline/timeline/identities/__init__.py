"""Who is whom: which browser is whose, which contacts are one, and whose each touch therefore is."""
