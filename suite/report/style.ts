/** The report's look, in light and dark. */
export const style = `
:root { color-scheme: light dark; --ink: #1d2521; --dim: #5d6963; --paper: #fbfcfa; --card: #fff; --line: #d9dfda;
  --good: #1b6e3c; --bad: #a8201a; --open: #8a5a00; --mark: #ffd9d4; --row: #fff4f2; --code: #f2f5f2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eae6; --dim: #9aa8a0; --paper: #131815; --card: #1a211d;
  --line: #333d37; --good: #6fcf8f; --bad: #ff8f85; --open: #e3b04b; --mark: #7a2a24; --row: #2a1c1a; --code: #222b26; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 76rem; margin: 0 auto; padding: .5rem 1rem } .finding > p { margin: .2rem 0 .6rem }
h1 { margin: 0; font-size: 1.4rem } h2 { margin: 1.2rem 0 .6rem; font-size: 1.15rem } h3 { margin: 1rem 0 .3rem; font-size: .95rem }
.when, .source, small, .count { color: var(--dim) } .when { margin: 0 }
.verdict { font-size: 1.1rem; font-weight: 600; margin: .6rem 0 0 } .good { color: var(--good) } .bad { color: var(--bad) } .open { color: var(--open) }
.faults { margin: .5rem 0; padding-left: 1.2rem; color: var(--bad) }
.finding { background: var(--card); border: 1px solid var(--line); border-radius: 6px; margin: .7rem 0; padding: 0 1rem .8rem; }
.finding:not([open]) { padding-bottom: 0 }
summary { display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; padding: .7rem 0; cursor: pointer; }
summary::before { content: '▸'; color: var(--dim) } [open] > summary::before { content: '▾' }
.request { font-weight: 600; overflow-wrap: anywhere } .where { color: var(--bad); font-family: ui-monospace, monospace; font-size: .9rem; overflow-wrap: anywhere }
.kind { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .6rem; font-size: .8rem }
code, pre, .sides td { font-family: ui-monospace, monospace; font-size: .85rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid var(--line) }
.differences { table-layout: fixed } .differences th:first-child { width: 30% } .differences th { font-weight: 600; overflow-wrap: anywhere; font-size: .9rem } .differences td { overflow-wrap: anywhere }
.differences small { display: block; font-weight: 400 } .number { text-align: right }
.sides { table-layout: fixed } .sides td { white-space: pre-wrap; overflow-wrap: anywhere; width: 50%; padding: 0 .5rem; border: 0 }
.sides th { width: 50% } .sides td + td, .sides th + th { border-left: 1px solid var(--line) } .sides .differs td { background: var(--row) } .sides .none { background: var(--code) }
.gap td { color: var(--dim); text-align: center } mark { background: var(--mark); color: inherit; border-radius: 2px }
.sent { background: var(--code); padding: .5rem .7rem; border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0; max-height: 18rem; overflow-y: auto }
.command { background: var(--code); padding: .5rem .7rem; border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 } .routes th[scope] { font-weight: 500; white-space: nowrap }
@media (max-width: 40rem) {
  thead { display: none }
  .differences, .differences tbody, .differences tr, .differences td, .differences th[scope], .sides, .sides tbody, .sides tr, .sides td, .routes, .routes tbody, .routes tr, .routes th[scope] { display: block; width: auto !important }
  .differences tr, .routes tr { border-bottom: 1px solid var(--line); padding: .4rem 0 } .differences td, .differences th, .routes td, .routes th[scope] { border: 0; padding: .1rem 0 }
  .differences td::before, .differs td::before { content: attr(data-side) ': '; color: var(--dim); font: .8rem system-ui, sans-serif }
  .sides tr:not(.differs) td + td { display: none } .sides td + td { border-left: 0 } .differs { border-block: 1px solid var(--line); padding: .2rem 0 }
  .routes th[scope] { white-space: normal; overflow-wrap: anywhere } .routes td { display: inline; padding-right: .6rem } .routes .number::before { content: attr(data-name) ' '; color: var(--dim) } .routes .says { display: none }
}
`;
