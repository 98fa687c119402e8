"""May this mail go to this person now? Rules as versioned data, judged without a database; and why not, in words."""
