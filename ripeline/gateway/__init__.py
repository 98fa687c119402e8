"""How data comes in and goes out in bulk: imports of files, the programming interface, exports."""
