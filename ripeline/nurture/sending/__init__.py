"""The ledger of what is to be sent: each mail handed over once, or named as uncertain."""
