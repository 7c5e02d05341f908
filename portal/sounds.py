"""A recording as an answer of the web, whole or the part that a player asks for (RFC 9110, 14)."""

from __future__ import annotations

import re

from starlette.responses import Response, StreamingResponse

from store.recordings import Sound

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def part_of(length: int, asked: str | None) -> tuple[int, int] | None:
    """(first, end excluded) of one range of bytes; the whole where none was asked, or one that is not understood.

    None: a range that the file does not have.
    """
    found = _RANGE.fullmatch(asked or "")
    if found is None or not any(found.groups()):
        return 0, length
    first, last = found.groups()
    if not first:  # the last so many bytes
        return (max(0, length - int(last)), length) if int(last) else None
    begin, end = int(first), min(int(last) + 1, length) if last else length
    return (begin, end) if begin < end else None


def answer(sound: Sound, asked: str | None, name: str, *, inline: bool = False) -> Response:
    """The sound, in the pieces that were asked for. `name`: its file's, without the end that says what it is."""
    part = part_of(sound.length, asked)
    headers = {"accept-ranges": "bytes", "cache-control": "private, no-store"}
    if part is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{sound.length}"})
    first, end = part
    whole = part == (0, sound.length) and not (asked and _RANGE.fullmatch(asked))
    headers["content-length"] = str(end - first)
    headers["content-disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}.{sound.kind}"'
    if not whole:
        headers["content-range"] = f"bytes {first}-{end - 1}/{sound.length}"
    return StreamingResponse(
        sound.pieces(first, end), status_code=200 if whole else 206, media_type=sound.media_type, headers=headers
    )
