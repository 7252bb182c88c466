"""Rules about items: written in Python, as text or as JSON, and evaluated on columns as a mask."""

from tastemaker.rules.columns import RuleColumns
from tastemaker.rules.fields import F, Field
from tastemaker.rules.json_form import rule_from_json
from tastemaker.rules.literals import Days, days
from tastemaker.rules.mask_cache import MaskCache
from tastemaker.rules.parsing import parse_rule
from tastemaker.rules.rule import Rule
from tastemaker.rules.where import Where, rule_of, rule_of_texts

__all__ = [
    "Days",
    "F",
    "Field",
    "MaskCache",
    "Rule",
    "RuleColumns",
    "Where",
    "days",
    "parse_rule",
    "rule_from_json",
    "rule_of",
    "rule_of_texts",
]
