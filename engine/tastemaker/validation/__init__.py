"""What may come in: one verdict on every id, value, time and attribute, whatever the database.

SQLite and PostgreSQL disagree about NUL, NaN and very long ids, so nothing is left to them: what
passes here is stored alike on both, and what does not is refused before any statement is sent.
"""

from tastemaker.json_types import Json
from tastemaker.validation.attributes import (
    RESERVED,
    Attributes,
    check_attribute_name,
    check_attributes,
)
from tastemaker.validation.numbers import (
    DEFAULT_VALUE,
    VALUE_LIMIT,
    check_count,
    check_seconds,
    check_share,
    check_support,
    check_value,
    check_weight,
)
from tastemaker.validation.rows import (
    DEFAULT_KIND,
    InteractionRow,
    ItemRow,
    UserRow,
    check_available,
    check_interaction,
    check_item,
    check_user,
)
from tastemaker.validation.texts import (
    Id,
    check_id,
    check_kind,
    check_name,
    check_several,
    check_text,
    written_out,
)
from tastemaker.validation.times import (
    DATES_FROM,
    DATES_TO,
    EARLIEST_TIME,
    EPOCH,
    LATEST_TIME,
    MICROSECOND,
    MILLISECONDS_FROM,
    UNTIMED,
    as_iso,
    check_time,
    looks_like_date,
    now_us,
)

__all__ = [
    "Attributes",
    "DATES_FROM",
    "DATES_TO",
    "DEFAULT_KIND",
    "DEFAULT_VALUE",
    "EARLIEST_TIME",
    "EPOCH",
    "Id",
    "InteractionRow",
    "ItemRow",
    "Json",
    "LATEST_TIME",
    "MICROSECOND",
    "MILLISECONDS_FROM",
    "UNTIMED",
    "UserRow",
    "VALUE_LIMIT",
    "as_iso",
    "check_attribute_name",
    "RESERVED",
    "check_attributes",
    "check_available",
    "check_count",
    "check_id",
    "check_interaction",
    "check_item",
    "check_kind",
    "check_name",
    "check_several",
    "check_seconds",
    "check_share",
    "check_support",
    "check_text",
    "check_time",
    "check_user",
    "check_value",
    "check_weight",
    "looks_like_date",
    "now_us",
    "written_out",
]
