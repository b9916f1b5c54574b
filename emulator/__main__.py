"""``python -m emulator`` is ``martech-emulator``."""

from emulator.cli import main

if __name__ == "__main__":
    main()
