"""The look of the report page: one style sheet, light and dark, from a phone's width on."""

from __future__ import annotations

COLOURS = 6
"""How many members have a colour of their own; the others share grey."""

CSS = """
:root {
  color-scheme: light dark;
  --ground: #fbfbf9; --card: #ffffff; --ink: #1c1e21; --soft: #5b6068; --edge: #dddfe3;
  --blend: #b3261e; --rest: #9a9fa8;
  --c1: #0b63b5; --c2: #1a7f4e; --c3: #a15c00; --c4: #7b3fb0; --c5: #00798a; --c6: #a8326f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15171a; --card: #1e2125; --ink: #eceef0; --soft: #a6acb5; --edge: #363b42;
    --blend: #ff8a7d; --rest: #7c838d;
    --c1: #6cb2f5; --c2: #67cf97; --c3: #efb05e; --c4: #c69bf2; --c5: #5fcfdf; --c6: #f291bf;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  -webkit-text-size-adjust: 100%; overflow-wrap: anywhere;
}
main { max-width: 52rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
header p, .note { color: var(--soft); margin: .25rem 0 0; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .25rem; }
section {
  background: var(--card); border: 1px solid var(--edge); border-radius: .6rem;
  padding: 1rem; margin-top: 1rem;
}
section > p { margin: 0 0 .75rem; color: var(--soft); font-size: .9375rem; }
.verdict { font-size: 1.125rem; font-weight: 600; color: var(--ink); }
.summary ul { margin: 0; padding-left: 1.2rem; }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.25rem, 1fr)); gap: .6rem;
  margin: 0 0 1rem; padding: 0;
}
.tiles div { border-left: 3px solid var(--edge); padding-left: .6rem; }
.tiles .main { border-color: var(--blend); }
dt { color: var(--soft); font-size: .8125rem; }
dd { margin: 0; font-size: 1.35rem; font-weight: 650; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.bars { table-layout: fixed; }
.bars th { text-align: left; font-weight: 500; padding: .3rem .6rem .3rem 0; width: 8.5rem; }
.bars th, .bars td:last-child { font-size: .875rem; line-height: 1.25; }
.bars td:last-child { text-align: right; white-space: nowrap; width: 5.75rem; }
.bars small { display: block; color: var(--soft); font-size: .75rem; }
.bars .blend-row th, .bars .blend-row td:last-child { font-weight: 700; }
.bars tr { border-top: 1px solid var(--edge); }
.bars tr:first-child { border-top: 0; }
th { overflow-wrap: anywhere; }
svg { display: block; overflow: visible; }
.row .axis { stroke: var(--edge); stroke-width: 1; }
.row circle, .row rect, .chart circle, .chart rect { fill: var(--own); }
.row .span { stroke: var(--own); stroke-width: 3; stroke-linecap: round; opacity: .55; }
.chart text { font-size: 12px; fill: var(--soft); }
.chart .place { text-anchor: middle; }
.chart .grid { stroke: var(--edge); stroke-width: 1; }
.chart .line { stroke: var(--own); stroke-width: 2; stroke-linecap: round; }
.chart .span { stroke: var(--own); stroke-width: 1.5; opacity: .6; }
.chart .blend .line { stroke-width: 3.5; }
.chart .rest .line { stroke-width: 1; opacity: .7; }
.chart .rest circle { r: 2px; opacity: .7; }
.blend { --own: var(--blend); } .rest { --own: var(--rest); }
.c1 { --own: var(--c1); } .c2 { --own: var(--c2); } .c3 { --own: var(--c3); }
.c4 { --own: var(--c4); } .c5 { --own: var(--c5); } .c6 { --own: var(--c6); }
.c2 .line, .c5 .line { stroke-dasharray: 7 5; }
.c3 .line, .c6 .line { stroke-dasharray: 1 5; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1rem; margin: .25rem 0 0; }
.legend { padding: 0; font-size: .875rem; }
.legend svg { display: inline-block; vertical-align: middle; margin-right: .4rem; }
.legend .line { stroke: var(--own); stroke-width: 3; stroke-linecap: round; }
.shares .line { stroke-dasharray: none; stroke-width: 10; stroke-linecap: butt; }
.axis-name { text-align: center; font-size: .8125rem; color: var(--soft); margin: 0; }
details { margin-top: .75rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); }
.wide { overflow-x: auto; margin-top: .5rem; }
.wide th, .wide td { padding: .25rem .6rem .25rem 0; text-align: right; white-space: nowrap; }
.wide th:first-child { text-align: left; }
.wide thead th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--edge); }
a:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 2px solid var(--c1); }
dl.terms dd { font-size: .9375rem; font-weight: 400; margin: 0 0 .6rem; }
dl.terms dt { color: var(--ink); font-size: .9375rem; font-weight: 600; }
dl.terms { margin: 0; }
@media (max-width: 30rem) { .bars th { width: 6.25rem; } }
@media print { section { break-inside: avoid; } }
"""
