# pyright: basic
"""llama-cpp-python's loose ends: two files it opens when it is imported are closed when the process ends."""

from __future__ import annotations

import atexit
from functools import cache


@cache
def tidy() -> None:
    """Call once the library is imported; without it an exit under -W error tells of unclosed files."""
    from llama_cpp import _utils

    for file in (_utils.outnull_file, _utils.errnull_file):
        atexit.register(file.close)
