"""The pieces of the page: sections, tables, legends and rows of bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape


def section_html(title: str, words: str, content: str, name: str = "") -> str:
    """A section of the page: its title, words under it, and what it holds."""
    intro = f"<p>{words}</p>" if words else ""
    style = f' class="{name}"' if name else ""
    return f"<section{style}><h2>{title}</h2>{intro}{content}</section>\n"


def row_html(name: str, mark: str, value: str) -> str:
    """A row of bars: its name, the bar, and the value."""
    style = ' class="blend-row"' if name == "blend" else ""
    return f'<tr{style}><th scope="row">{escape(name)}</th><td>{mark}</td><td>{value}</td></tr>'


def bars_html(rows: Sequence[str], label: str) -> str:
    """Rows of bars as a table, which `label` describes."""
    return f'<table class="bars" aria-label="{escape(label)}">{"".join(rows)}</table>'


def legend_html(styles: Mapping[str, str], kind: str = "") -> str:
    """What each line of a chart is; those without a colour of their own together."""
    own = {name: style for name, style in styles.items() if style != "rest"}
    others = [name for name, style in styles.items() if style == "rest"]
    entries = [entry_html(style, name) for name, style in own.items()]
    entries += [entry_html("rest", "others: " + ", ".join(others))] if others else []
    return f'<ul class="legend {kind}">{"".join(entries)}</ul>'


def entry_html(style: str, name: str) -> str:
    """One entry of a legend."""
    return (
        f'<li class="{style}"><svg width="26" height="10" aria-hidden="true"><line class="line" '
        f'x1="2" x2="24" y1="5" y2="5"/></svg>{escape(name)}</li>'
    )


def details_html(title: str, content: str) -> str:
    """Content that is shown when its title is clicked."""
    return f"<details><summary>{title}</summary>{content}</details>"


def table_html(columns: Sequence[str], rows: Sequence[Mapping[str, object]], label: str) -> str:
    """A table with a row for each mapping; its first column names the row."""
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in columns)
    lines = []
    for row in rows:
        first, *others = (cell_html(row.get(name)) for name in columns)
        cells = "".join(f"<td>{cell}</td>" for cell in others)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def cell_html(value: object) -> str:
    """A value as a cell of a table shows it."""
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else escape(str(value))
