"""Answers under a JSON schema always fit it, and what a schema leaves no choice about costs no step."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm.base import LlmError, Message
from llm.llama import LlamaMind

ASK = [Message("user", "Alice wants an appointment on Tuesday at 10. Extract what you can, as JSON.")]


def thing(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


TEXT = {"type": "string", "maxLength": 12}
DAY = {"enum": ["Monday", "Tuesday", "Wednesday"]}
SCHEMAS = {
    "text": thing(name=TEXT),
    "enum": thing(day=DAY),
    "enum sharing a beginning": thing(word={"enum": ["été", "étage", "ét", "à"]}),
    "number": thing(hour={"type": "integer"}, price={"type": "number"}),
    "boolean and null": thing(sure={"type": "boolean"}, nothing={"type": "null"}),
    "nullable": thing(name={"anyOf": [TEXT, {"type": "null"}]}),
    "nested": thing(who=thing(name=TEXT), when=thing(day=DAY)),
    "list": thing(days={"type": "array", "items": DAY, "minItems": 1, "maxItems": 2}),
    "constant": thing(kind={"const": "booking"}),
    "accents in keys": thing(**{"prénom": TEXT, "créneau": DAY}),
    "quotes in keys": thing(**{'a"b\\c': TEXT}),
    "one key that may be left out": {**thing(name=TEXT, day=DAY), "required": ["name"]},
    "no key": thing(),
    "bare text": TEXT,
}


@pytest.mark.parametrize("temperature", [0.0, 1.5])
async def test_answers_always_parse_and_hold_what_is_asked(small: LlamaMind, temperature: float) -> None:
    for name, schema in SCHEMAS.items():
        text = await small.complete(ASK, slot="a", schema=schema, max_tokens=120, temperature=temperature)
        answer = json.loads(text)
        assert fits(answer, schema), (name, text)


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value has the keys and the choices of the schemas above."""
    if schema.get("type") == "object":
        return set(schema["required"]) <= set(value) <= set(schema["properties"]) and all(
            fits(value[key], schema["properties"][key]) for key in value
        )
    if "anyOf" in schema:
        return any(fits(value, one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return 1 <= len(value) <= 2 and all(fits(one, schema["items"]) for one in value)
    if "enum" in schema:
        return value in schema["enum"]
    if "const" in schema:
        return value == schema["const"]
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),)
    }  # fmt: skip
    return isinstance(value, kinds[schema["type"]])


async def test_what_the_schema_forces_is_read_together(small: LlamaMind) -> None:
    await small.complete(ASK, slot="a", schema=thing(kind={"const": "booking of an appointment"}))
    forced = small.counts.forced
    assert forced > 3
    assert small.counts.steps < 1 + forced


async def test_accents_are_written_as_they_are(small: LlamaMind) -> None:
    text = await small.complete(ASK, slot="a", schema=thing(**{"prénom": {"const": "Zoé"}}))
    assert text == '{"prénom":"Zoé"}'


async def test_an_answer_under_a_schema_goes_on_from_its_prefill(small: LlamaMind) -> None:
    text = await small.complete(ASK, slot="a", schema=SCHEMAS["enum"], prefill='{"day":"Tue')
    assert text == 'sday"}'


async def test_a_prefill_that_the_schema_forbids_is_refused(small: LlamaMind) -> None:
    with pytest.raises(LlmError) as refused:
        await small.complete(ASK, slot="a", schema=SCHEMAS["enum"], prefill='{"name')
    assert refused.value.code == "llm_schema"


async def test_an_answer_cut_short_is_an_error_not_broken_json(small: LlamaMind) -> None:
    with pytest.raises(LlmError) as cut:
        await small.complete(ASK, slot="a", schema=thing(story={"type": "string", "minLength": 500}), max_tokens=8)
    assert cut.value.code == "llm_cut"


@pytest.mark.parametrize("schema", [{"type": "bogus"}, {"$ref": "#/nowhere"}])
async def test_a_schema_that_cannot_be_a_grammar_is_refused(small: LlamaMind, schema: dict[str, Any]) -> None:
    with pytest.raises(LlmError) as refused:
        await small.complete(ASK, slot="a", schema=schema)
    assert refused.value.code == "llm_schema"


async def test_the_default_model_finds_the_name_and_the_day(good: LlamaMind) -> None:
    days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"]
    text = await good.complete(
        [
            Message("system", "Extrais le nom et le jour de ce que dit l'appelant, en JSON."),
            Message("user", "Bonjour, Madame Durand à l'appareil, je voudrais venir jeudi matin."),
        ],
        slot="a",
        schema=thing(nom={"type": "string", "maxLength": 30}, jour={"enum": days}),
    )
    answer = json.loads(text)
    assert "Durand" in answer["nom"]
    assert answer["jour"] == "jeudi"
