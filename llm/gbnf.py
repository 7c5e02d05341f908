# pyright: basic
"""JSON schemas as grammars llama.cpp understands (GBNF), of JSON without any blank.

Blanks between values are what a model spends tokens on; without them the text between two values is
always the same, so that it need not be asked of the model (`native.Grammar.forced`).
"""

from __future__ import annotations

import json
from contextlib import suppress

from llm.base import JsonSchema, LlmError
from llm.library import tidy


def gbnf(schema: JsonSchema) -> str:
    """The schema as a grammar. Raises LlmError when it cannot be one."""
    from llama_cpp.llama_grammar import SchemaConverter

    tidy()

    class Converter(SchemaConverter):
        """The library's, which does not escape backslashes in literals, and spells out é in six letters."""

        def _format_literal(self, literal: str) -> str:
            with suppress(ValueError):  # not every literal is JSON
                literal = json.dumps(json.loads(literal), ensure_ascii=False)
            return super()._format_literal(literal.replace("\\", "\\\\"))

    converter = Converter(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
    try:
        whole = converter.resolve_refs(json.loads(json.dumps(schema)), "schema")
        converter.visit(whole, "")
        rules = converter.format_grammar().splitlines()
    except (ValueError, KeyError, TypeError, AssertionError, AttributeError, RecursionError) as error:
        raise LlmError(f"no grammar for this schema: {error}", code="llm_schema", retryable=False) from error
    return "\n".join(_strict(rule) for rule in rules)


def _strict(rule: str) -> str:
    """No blanks between values; no raw control characters in strings (RFC 8259, section 7)."""
    name = rule.partition(" ::= ")[0]
    if name == "space":
        return 'space ::= ""'
    if name == "char":
        return rule.replace(r'[^"\\]', r'[^"\\\x00-\x1F\x7F]')
    return rule
