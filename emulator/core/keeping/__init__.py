"""Worlds that outlive their process: a directory, and in it a SQLite file for each namespace.

    DATA_DIR/lock                       held by the process that has the directory
    DATA_DIR/namespaces/NAME.sqlite     rows, and beside them what the world is besides its rows
    DATA_DIR/damaged/NAME-….sqlite      what could not be read, set aside for whoever wants to look

Whatever has been answered survives the end of the process, however it ends: rows are committed to the file's
write-ahead log before an answer leaves, and so is what a control call has changed. What only counts (limit windows,
how often a fault has fired) and where randomness stands is written when the process ends in peace. After any other end
ids are drawn anew and calls are counted on from a round number, so that no id is given out twice. The journal goes
with the process.
"""

import hashlib
from pathlib import Path


class KeepingError(Exception):
    """The directory cannot be used; the message is the sentence for the user."""


class Damaged(Exception):
    """A file cannot be read as what it was; the message says why."""


def digest_of(*parts: bytes) -> str:
    """The checksum of what SQLite only stores."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def uri(file: Path, mode: str) -> str:
    """By which SQLite opens a file and never makes one; `mode` is ``ro`` or ``rw``."""
    return f"{file.absolute().as_uri()}?mode={mode}"
