"""The demo company: a consultant for self-published authors, invented from first to last.

`simulate` makes one believable year of it; the same seed and the same `now` always make the same year.
"""

from ripeline.demo.simulate import simulate
from ripeline.demo.world import COLLEAGUES, Colleague, Company, Contact, World

__all__ = ["COLLEAGUES", "Colleague", "Company", "Contact", "World", "simulate"]
