"""What can go wrong in an expression: `TalangError`, and under it `TalangLimit`, which `catch` lets through."""


class TalangError(Exception):
    """An expression that cannot be compiled, or whose evaluation failed.

    `place` is the path into the JSON expression, such as `[1][2]`, and empty for the whole expression. Functions
    raise without one; the call they were made from fills it in, so every error that leaves a program has its place.
    """

    def __init__(self, message: str, place: str | None = None) -> None:
        super().__init__(message, place)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        return f"{self.message} at {self.place}" if self.place else self.message


class TalangLimit(TalangError):
    """The expression nests too deeply or works too long.

    The language's own `catch` must not hide this one: a program that caught its own exhaustion would go on working.
    """
