"""The style of the page, for light and dark screens, narrow ones, and paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --back: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de; --raised: #f6f8fa;
  --one: #0b5cc4; --two: #b35900; --three: #57606a; --four: #8250df;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --text: #e6edf3; --quiet: #9da7b3; --line: #30363d; --raised: #161b22;
    --one: #6cb0ff; --two: #ffb066; --three: #9da7b3; --four: #c9a6ff;
  }
}
* { box-sizing: border-box }
body {
  font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 76rem; margin: 0 auto; padding: 1rem 1rem 3rem;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 1rem 0 .25rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem }
p { max-width: 48rem; margin: .5rem 0 }
.quiet { color: var(--quiet) }
dl.tiles {
  display: grid; gap: .75rem; margin: 1.5rem 0;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
}
.tiles div {
  background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
  padding: .75rem 1rem;
}
dt { color: var(--quiet); font-size: .875rem }
dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums }
.charts {
  display: grid; gap: 1.5rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr));
}
.charts > * { min-width: 0 }
figure { margin: 0; max-width: 36rem }
figcaption { font-weight: 600 }
svg { display: block; width: 100%; height: auto }
svg text { font: 12px system-ui, sans-serif; fill: var(--quiet) }
.grid { stroke: var(--line) }
.one { fill: var(--one); color: var(--one) } .two { fill: var(--two); color: var(--two) }
.three { fill: var(--three); color: var(--three) } .four { fill: var(--four); color: var(--four) }
ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem }
ul.legend { padding: 0; margin: 0 }
.legend li::before { content: "\\25a0"; margin-right: .35em }
.legend span { color: var(--text) }
ul.sentences { max-width: 48rem; padding-left: 1.25rem }
.scroll { overflow-x: auto; margin: .5rem 0 1rem }
.scroll:focus-visible { outline: 2px solid var(--one) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding: .5rem 0 }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top }
thead th { color: var(--quiet); font-size: .875rem; font-weight: 600; white-space: nowrap }
th:first-child { text-align: left; padding-left: 0 } tbody th { font-weight: 400 }
tbody th { overflow-wrap: anywhere; min-width: 6rem }
td, th:not(:first-child) { text-align: right; white-space: nowrap }
table.texts td, table.texts th { text-align: left; white-space: normal; overflow-wrap: anywhere }
table.texts td:first-of-type, table.texts thead th { white-space: nowrap }
table.jobs td, table.jobs th { text-align: left }
table.jobs td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 6rem }
@media (max-width: 40rem) {
  table.sides { font-size: .8125rem } table.sides thead th { font-size: .75rem }
  table.sides th, table.sides td { padding: .3rem 0 .3rem .4rem }
  table.sides th:first-child { padding-left: 0 } table.sides tbody th { min-width: 4.5rem }
  table.jobs td { white-space: normal }
}
@media (max-width: 40rem) { th, td { padding: .3rem .5rem } body { font-size: .9375rem } }
@media print {
  :root {
    color-scheme: light;
    --back: #ffffff; --text: #000000; --quiet: #444444; --line: #bbbbbb; --raised: #ffffff;
    --one: #0b5cc4; --two: #b35900; --three: #57606a; --four: #8250df;
  }
  html { font-size: 10px }
  body { max-width: none; padding: 0 }
  figure, tr, .tiles div { break-inside: avoid } h2, h3, caption { break-after: avoid }
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)) } .scroll { overflow: visible }
  * { print-color-adjust: exact }
}
"""
