"""Does a JSON document satisfy the schema of the card?

Only the keywords that `card.schema.json` uses are understood; a test holds this file and the jsonschema package to the
same answers. (jsonschema itself stays out of the dependencies: it brings four packages for these few lines.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

UNDERSTOOD = {
    *("type", "const", "enum", "anyOf", "$ref", "$defs", "$schema", "title", "description", "minimum", "maximum"),
    *("required", "properties", "additionalProperties", "dependentRequired", "maxProperties"),
    *("items", "minItems", "maxItems", "minLength", "maxLength", "pattern"),
}

_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "null": ("null", lambda value: value is None),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("an integer", lambda value: _is_number(value) and float(value).is_integer()),
    "number": ("a finite number", lambda value: _is_number(value)),
    "string": ("a text", lambda value: isinstance(value, str)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "object": ("a JSON object", lambda value: isinstance(value, dict)),
}


@cache
def card_schema() -> Mapping[str, Any]:
    """The JSON Schema of the card."""
    found: Mapping[str, Any] = json.loads(files("ratapprox.formats").joinpath("card.schema.json").read_text("utf-8"))
    return found


@cache
def piece_card_schema() -> Mapping[str, Any]:
    """The JSON Schema of the card of a function of several pieces."""
    text = files("ratapprox.formats").joinpath("piece_card.schema.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def violation(document: object, schema: Mapping[str, Any] | None = None) -> str | None:
    """The first thing that keeps a document from being a card, as a phrase; None when there is none.

    schema: by default that of version 1.

    Example:
        >>> violation({"schema": "ratapprox/card/2"})
        '"schema" must be "ratapprox/card/1"'
    """
    whole = schema or card_schema()
    return _violation(document, whole, "", whole["$defs"])


def _violation(value: Any, schema: Mapping[str, Any], name: str, defs: Mapping[str, Any]) -> str | None:
    if reference := schema.get("$ref"):
        return _violation(value, defs[reference.removeprefix("#/$defs/")], name, defs)
    if choices := schema.get("anyOf"):
        found = [_violation(value, choice, name, defs) for choice in choices]
        return None if None in found else found[-1]
    expected = _expected(value, schema)
    if expected:
        return f'"{name}" must be {expected}' if name else f"the document must be {expected}"
    if isinstance(value, dict):
        return _object_violation(value, schema, f"{name}." if name else "", defs)
    if isinstance(value, list) and "items" in schema:
        for index, each in enumerate(value):
            if found_inside := _violation(each, schema["items"], f"{name}[{index}]", defs):
                return found_inside
    return None


def _object_violation(
    value: dict[str, Any], schema: Mapping[str, Any], prefix: str, defs: Mapping[str, Any]
) -> str | None:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    # Known fields first: a wrong "schema" says more than the fields that are missing because of it.
    for name, each in value.items():
        if name in known and (found := _violation(each, known[name], prefix + name, defs)):
            return found
    for name in schema.get("required", ()):
        if name not in value:
            return f'"{prefix}{name}" is missing'
    for name, partners in schema.get("dependentRequired", {}).items():
        for partner in partners:
            if name in value and partner not in value:
                return f'"{prefix}{name}" is given without "{prefix}{partner}"'
    for name, each in value.items():
        if name not in known:
            if others is False:
                return f'the field "{prefix}{name[:40]}" is unknown'
            if isinstance(others, dict) and (found := _violation(each, others, prefix + name[:40], defs)):
                return found
    return None


def _expected(value: Any, schema: Mapping[str, Any]) -> str | None:
    """What was expected in place of this value, or None when the value itself (not what it contains) is right."""
    if "const" in schema and value != schema["const"]:
        return f'"{schema["const"]}"'
    if "enum" in schema and value not in schema["enum"]:
        return "one of " + ", ".join(map(str, schema["enum"]))
    types = schema.get("type", ())
    types = [types] if isinstance(types, str) else types
    if types and not any(_TYPES[kind][1](value) for kind in types):
        return " or ".join(_TYPES[kind][0] for kind in types)
    if _is_number(value):
        return _out_of_range(value, schema.get("minimum"), schema.get("maximum"), "")
    if isinstance(value, str):
        pattern = schema.get("pattern")
        if pattern and not re.fullmatch(pattern, value, re.ASCII):
            return f"a text of the form {pattern}"
        return _out_of_range(len(value), schema.get("minLength"), schema.get("maxLength"), "a text of length ")
    if isinstance(value, list):
        return _out_of_range(len(value), schema.get("minItems"), schema.get("maxItems"), "a list of length ")
    if isinstance(value, dict):
        return _out_of_range(len(value), None, schema.get("maxProperties"), "an object of size ")
    return None


def _out_of_range(size: float, least: float | None, most: float | None, what: str) -> str | None:
    if least is not None and size < least:
        return f"{what}at least {least}"
    if most is not None and size > most:
        return f"{what}at most {most}"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
