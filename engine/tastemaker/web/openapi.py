"""What the JSON API takes and gives, as OpenAPI 3.1."""

from __future__ import annotations

from importlib.metadata import version

from tastemaker.json_types import Json

Schema = dict[str, Json]

ID: Schema = {
    "description": "The application's id: text, or a whole number, which is its text.",
    "oneOf": [{"type": "string", "minLength": 1, "maxLength": 512}, {"type": "integer"}],
}
NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
RULE: Schema = {
    "description": 'A rule about items: text such as "price < 20", or its JSON.',
    "type": ["string", "object", "null"],
}
LIST_LENGTH: Schema = {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000}
IDS: Schema = {"type": "array", "items": ID}


def description() -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tastemaker", "version": version("tastemaker")},
        "paths": {
            "/recommend": _post("The best items for somebody.", _request(), _ref("Answer")),
            "/similar": _post("Items that go with some items.", _similar(), _ref("Similar")),
            "/record": _post("Records an interaction.", _interaction(), _ref("Recorded")),
            "/health": {"get": {"summary": "The engine's health.", "responses": _health()}},
            "/openapi.json": {
                "get": {
                    "summary": "This description.",
                    "responses": {"200": _content("OpenAPI.", {"type": "object"}), **_refused()},
                }
            },
        },
        "components": {"schemas": _schemas()},
    }


def _request() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "user_id": {**ID, "oneOf": [*_listed(ID["oneOf"]), {"type": "null"}]},
            "recent": {
                "type": ["array", "null"],
                "items": {"type": ["string", "integer", "object"]},
            },
            "features": {"type": ["object", "null"]},
            "k": LIST_LENGTH,
            "where": RULE,
            "exclude": {**IDS, "type": ["array", "null"]},
            "seen": {"enum": ["exclude", "include", "only", None]},
            "boost": {"type": ["array", "object", "null"]},
            "diversity": {"type": ["number", "object", "array", "null"]},
            "explore": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "after": {"type": ["string", "null"]},
            "explain": {"type": ["boolean", "null"]},
            "exact": {"type": ["boolean", "null"]},
            "surface": {"type": ["string", "null"]},
        },
    }


def _similar() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["item_ids"],
        "properties": {
            "item_ids": IDS,
            "k": LIST_LENGTH,
            "where": RULE,
            "exclude": {**IDS, "type": ["array", "null"]},
        },
    }


def _interaction() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["user_id", "item_id"],
        "properties": {
            "user_id": ID,
            "item_id": ID,
            "kind": {"type": ["string", "null"]},
            "value": {"type": ["number", "null"]},
            "at": {
                "description": "When: seconds since 1970, or ISO 8601; now where not given.",
                "type": ["number", "string", "null"],
            },
        },
    }


def _schemas() -> Schema:
    reason = _object(item_id=TEXT, title=TEXT, amount=NUMBER)
    recommendation = _object(
        item_id=TEXT,
        title=TEXT,
        score=NUMBER,
        contributions={"type": "object", "additionalProperties": NUMBER},
        reasons={"type": "array", "items": reason},
        why=TEXT,
        explored=FLAG,
    )
    several: Schema = {"type": "array", "items": _ref("Recommendation")}
    answer = _object(
        release={"type": ["integer", "null"]},
        history_length={"type": "integer"},
        weights={"type": "object", "additionalProperties": NUMBER},
        problems={"type": "array", "items": TEXT},
        after={"type": ["string", "null"]},
        recommendations=several,
    )
    return {
        "Recommendation": recommendation,
        "Answer": answer,
        "Similar": _object(recommendations=several),
        "Recorded": _object(recorded=FLAG),
        "Health": {"type": "object", "required": ["healthy", "problems"]},
        "Error": _object(error=TEXT),
    }


def _object(**properties: Schema) -> Schema:
    """An object that has all of these fields, and no other."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": dict(properties),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _refused() -> Schema:
    return {"403": _content("The application does not allow it.", _ref("Error"))}


def _health() -> Schema:
    health = _ref("Health")
    return {
        "200": _content("All is well.", health),
        "503": _content("Something is wrong.", health),
        **_refused(),
    }


def _post(summary: str, body: Schema, gives: Schema) -> Schema:
    failures: dict[str, Json] = {
        "400": _content("The body is no JSON.", _ref("Error")),
        "404": _content("Something that is named is not there.", _ref("Error")),
        "413": _content("The body is too large.", _ref("Error")),
        "415": _content("The body is not said to be JSON.", _ref("Error")),
        "422": _content("Something of the body is refused.", _ref("Error")),
        "503": _content("The engine is out of service.", _ref("Error")),
    }
    operation: Schema = {
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _content("Done.", gives), **_refused(), **failures},
    }
    return {"post": operation}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
