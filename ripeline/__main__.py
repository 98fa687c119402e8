"""`python -m ripeline` is the command `ripeline`."""

from ripeline.cli import main

if __name__ == "__main__":
    main()
