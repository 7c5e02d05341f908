"""The one error base of the house.

    DecrocheError
    ├── BadInput        2  a file, an argument or a setting is wrong: says what, where, what to do
    ├── NotFound        4  the named thing does not exist
    ├── Refused         1  a rule forbids it (law, balance, state)
    └── Unavailable     5  a part is missing or down; often worth another try

The number is the exit status of the command that meets it. Subclasses may be declared anywhere;
`code` is stable and is what programs match on.
"""

from __future__ import annotations


class DecrocheError(Exception):
    """Something went wrong."""

    code = "error"
    exit_status = 1
    retryable = False

    def __init__(self, message: str = "", *, hint: str = "", code: str = "", retryable: bool | None = None) -> None:
        """`message` says what was wrong and where; `hint` says what to do or type about it."""
        super().__init__(message or (self.__doc__ or "").splitlines()[0])
        self.hint = hint
        if code:
            self.code = code
        if retryable is not None:
            self.retryable = retryable


def reason(error: BaseException) -> str:
    """What the system or a library says of it, without the number and the path a message already tells."""
    return str(getattr(error, "strerror", None) or error)


class BadInput(DecrocheError):
    """A file, an argument or a setting is wrong."""

    code = "bad_input"
    exit_status = 2


class NotFound(DecrocheError):
    """The named thing does not exist."""

    code = "not_found"
    exit_status = 4


class Refused(DecrocheError):
    """A rule forbids it."""

    code = "refused"
    exit_status = 1


class Unavailable(DecrocheError):
    """A part is missing or down."""

    code = "unavailable"
    exit_status = 5
    retryable = True
