"""``python -m emulator`` is ``martech-emulator``."""

import sys

from emulator import readiness


def main() -> None:
    seconds = readiness.seconds_asked(sys.argv[1:])
    if seconds is not None:
        url = readiness.ready_within(seconds)
        if url is not None:
            print(readiness.SENTENCE.format(url))
            return
        del sys.argv[2:]  # it has been waited for; what is left is to say why it is not ready
    from emulator.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
