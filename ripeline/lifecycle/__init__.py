"""The pure core: touches and a playbook in, explained stages out.

Imports nothing else of Ripeline, reads no clock, draws no chance, does no input or output.
"""
