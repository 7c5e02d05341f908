"""Phone numbers as people write them, to E.164 (ITU-T E.164): what the store keeps is always +33…"""

from __future__ import annotations

from store.base.errors import BadInput


def e164(text: str, *, field: str = "number", region: str = "FR") -> str:
    """`text` in E.164: international, or national as written in `region` (ISO 3166-1; FR: 01 62 00 12 34).

    Raises BadInput naming `field` when it is no possible number.
    """
    import phonenumbers  # 0.1 s of metadata, only for those who need it

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise _bad(field, text) from error
    if number.extension or not phonenumbers.is_possible_number(number):
        raise _bad(field, text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _bad(field: str, text: str) -> BadInput:
    return BadInput(f"{field}: {text!r} is not a phone number", hint="write +33162001234, or 01 62 00 12 34")
