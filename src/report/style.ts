// How the page looks. Colours are named once, for light and for dark; blue and orange stay apart for every
// kind of colour vision, and no fact is told by colour alone.

/** The style sheet of the page. */
export const style: string = `
:root {
  --page: #f4f6f8; --card: #fff; --ink: #17212e; --muted: #566374; --line: #e1e6ec; --faint: #b6c0cc;
  --blue: #1d68ad; --orange: #b94f07; --blue-fill: #3d8ad4; --orange-fill: #ee8a35; --accent: #6b46c1;
  --second: #0f766e; --third: #a8326e; --fourth: #6a7321;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #161c24; --ink: #e7ecf2; --muted: #9ba8b7; --line: #27303b; --faint: #46525f;
    --blue: #7cb8f2; --orange: #f5a35c; --blue-fill: #4a95dd; --orange-fill: #e58a3c; --accent: #b69bf8;
    --second: #4fc9ba; --third: #f08ab8; --fourth: #bfc96a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 20px 32px; display: grid; gap: 20px;
  grid-template-columns: minmax(0, 1fr); }
header, section { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: 28px 32px 32px; }
h1, h2 { line-height: 1.2; margin: 0; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h1 { font-size: 30px; }
h2 { font-size: 21px; }
p { margin: 0; }
figure { margin: 0; min-width: 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
.kind { color: var(--muted); font-size: 14px; margin-bottom: 4px; }
.reading { color: var(--muted); max-width: 76ch; margin: 8px 0 24px; }
.none { color: var(--muted); font-style: italic; }
b.positive, b.true { color: var(--blue); }
b.negative, b.wrong { color: var(--orange); }
footer { color: var(--muted); font-size: 14px; text-align: center; padding-top: 8px; }

.hero { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 40px;
  align-items: center; margin: 28px 0; }
.big { font-size: clamp(64px, 11vw, 116px); font-weight: 650; line-height: 1; letter-spacing: -0.045em;
  white-space: nowrap; }
.big span { font-size: 0.42em; font-weight: 500; color: var(--muted); letter-spacing: 0; }
.lead { font-size: 18px; color: var(--muted); margin-top: 14px; max-width: 34ch; }
path.dots { fill: none; stroke-width: 7; stroke-linecap: round; stroke-dasharray: 0 10; }
path.dots.right { stroke: var(--line); }
path.dots.wrong { stroke: var(--orange-fill); }
figure.dots figcaption { margin-top: 10px; }
figure.reliability { max-width: 560px; }
.stats { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 12px; margin: 0; }
.stats div { border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.stats div.better { border-color: var(--blue-fill); }
.stats dt { color: var(--muted); font-size: 14px; }
.stats dd { margin: 0; }
.stats b { display: block; font-size: 26px; font-weight: 600; line-height: 1.3; letter-spacing: -0.02em; }
.stats span { display: block; color: var(--muted); font-size: 13px; line-height: 1.4; margin-top: 4px; }

.about { color: var(--muted); }
header .about { font-size: 18px; margin-top: 6px; }
.versus { display: flex; flex-wrap: wrap; gap: 24px 72px; margin-top: 28px; align-items: end; }
.bars { width: 100%; margin-top: 24px; border-spacing: 0 6px; border-collapse: separate; }
.bars th { text-align: left; font-weight: 400; padding-right: 16px; width: 1%; white-space: nowrap; }
.bars td { white-space: nowrap; font-variant-numeric: tabular-nums; }
.bars .measured { text-align: right; padding-right: 14px; width: 1%; }
.bars .best th, .bars .best .measured { font-weight: 650; }
.bars .bar + td { width: 1%; padding-left: 14px; color: var(--muted); font-size: 14px; }
.bars .bar span { display: block; position: relative; height: 18px; }
.bars .bar i { display: block; height: 100%; min-width: 2px; border-radius: 4px; background: var(--own); }
.bars .bar b { position: absolute; top: -3px; bottom: -3px; border-left: 2px solid var(--ink); }
.versus .paper { color: var(--muted); font-weight: 400; font-size: clamp(40px, 6vw, 64px); }
h3 { font-size: 15px; margin: 24px 0 10px; }
table.results { width: 100%; font-size: 15px; }
.results th, .results td { padding: 10px 12px 10px 0; border-top: 1px solid var(--line); text-align: right;
  vertical-align: top; white-space: nowrap; }
.results thead th, .results thead td { border-top: 0; color: var(--muted); font-weight: 400; font-size: 14px;
  padding-top: 0; }
.results th[scope="row"] { text-align: left; font-weight: 600; white-space: normal; min-width: 180px; }
.results th .about { display: block; font-weight: 400; font-size: 14px; }
.results th:last-child, .results td:last-child { padding-right: 0; }
table.hybrids { border-spacing: 0; }
.hybrids th { font-weight: 400; color: var(--muted); text-align: left; padding-right: 16px; font-size: 14px; }
.hybrids td { padding: 4px; }
.hybrids img { width: 96px; height: auto; image-rendering: pixelated; border-radius: 5px; display: block;
  border: 1px solid var(--line); }
.evidence img { width: 84px; }
.evidence th { white-space: nowrap; }
.evidence th[scope="col"] { text-align: center; padding: 0 4px 4px; max-width: 84px; white-space: normal; overflow-wrap: anywhere; }
.over { position: relative; }
.over img + img { position: absolute; inset: 0; height: 100%; opacity: 0.75; }

figcaption { font-size: 14px; color: var(--muted); }
figcaption b { color: var(--ink); }
.multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 290px), 1fr));
  gap: 28px 32px; }
.multiples.few { grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); }
.multiples figcaption { margin-bottom: 6px; }
.multiples figcaption span { margin-left: 6px; }
.fact { font-size: 13px; line-height: 1.45; color: var(--muted); margin-top: 6px; }
.narrow { display: none; }
text { fill: var(--muted); font-size: 12px; }
text.note { font-size: 11.5px; }
text.halo { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
text.end { font-weight: 600; font-size: 13px; }
text.test { fill: var(--accent); } text.validation { fill: var(--second); }
text.train { fill: var(--muted); }
text.positive { fill: var(--blue); } text.negative { fill: var(--orange); }
.grid { stroke: var(--line); fill: none; }
.base { stroke: var(--faint); fill: none; }
.threshold { stroke: var(--ink); stroke-dasharray: 4 4; fill: none; opacity: 0.75; }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.line.test { stroke: var(--accent); stroke-width: 3; }
.line.train { stroke: var(--muted); stroke-width: 1.8;
  stroke-dasharray: 7 5; }
.line.validation { stroke: var(--second); stroke-width: 2.6; }
.line.positive { stroke: var(--blue-fill); } .line.negative { stroke: var(--orange-fill); }
.dot { stroke: var(--card); stroke-width: 1.2; }
.dot.test { fill: var(--accent); } .dot.train { fill: var(--muted); }
.dot.validation { fill: var(--second); }
.dot.positive { fill: var(--blue-fill); } .dot.negative { fill: var(--orange-fill); }
.shade0 { --own: var(--accent); --own-text: var(--accent); }
.shade1 { --own: var(--orange-fill); --own-text: var(--orange); }
.shade2 { --own: var(--second); --own-text: var(--second); }
.shade3 { --own: var(--blue-fill); --own-text: var(--blue); }
.shade4 { --own: var(--third); --own-text: var(--third); }
.shade5 { --own: var(--fourth); --own-text: var(--fourth); }
.line[class*=" shade"] { stroke: var(--own); stroke-width: 2.6; }
.line.shade1, .line.shade4 { stroke-dasharray: 9 5; }
.line.shade2, .line.shade5 { stroke-dasharray: 2 6; }
.dot[class*=" shade"] { fill: var(--own); }
text[class*=" shade"] { fill: var(--own-text); }
.hot { fill: var(--ink); opacity: 0; } .hot:hover { opacity: 0.07; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 4px; }
.key::before { content: ""; display: inline-block; width: 22px; border-top: 3px solid var(--accent);
  vertical-align: middle;
  margin: 0 7px 2px 0; }
.key.train::before { border-top: 2px dashed var(--muted); }
.key.validation::before { border-color: var(--second); }
.key[class*=" shade"]::before { border-color: var(--own); }
.key.shade1::before, .key.shade4::before { border-top-style: dashed; }
.key.shade2::before, .key.shade5::before { border-top-style: dotted; }
.hill { fill-opacity: 0.42; stroke-width: 1.4; stroke-linejoin: round; }
.hill.positive { fill: var(--blue-fill); stroke: var(--blue-fill); }
.hill.negative { fill: var(--orange-fill); stroke: var(--orange-fill); }

.fields { display: grid; grid-template-columns: repeat(10, minmax(0, 1fr)); gap: 8px; }
.fields img { width: 100%; height: auto; image-rendering: pixelated; background: var(--card);
  border: 1px solid var(--line);
  border-radius: 5px; }
.fields + figcaption { margin-top: 14px; display: flex; flex-wrap: wrap; gap: 6px 20px; }
.scale { display: inline-flex; align-items: center; gap: 8px; }
.scale i { width: 120px; height: 10px; border-radius: 5px; border: 1px solid var(--line);
  background: linear-gradient(90deg, rgb(226 118 26), rgb(226 118 26 / 0) 50%,
    rgb(47 128 208 / 0) 50%, rgb(47 128 208)); }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
caption { text-align: left; font-size: 14px; color: var(--muted); padding-bottom: 8px; }
.confusion { width: 100%; border-collapse: separate; border-spacing: 2px; font-size: 14px; }
.confusion caption { caption-side: bottom; padding: 10px 0 0; }
.confusion th { font-weight: 600; padding: 4px; text-align: center; }
.confusion th[scope="row"] { text-align: right; padding-right: 8px; white-space: nowrap;
  background: var(--card);
  position: sticky; left: 0; }
.confusion td { text-align: center; padding: 7px 2px; min-width: 30px; border-radius: 4px; }
.confusion .corner { font-size: 12px; color: var(--muted); white-space: nowrap; text-align: right;
  padding-right: 8px;
  vertical-align: bottom; width: 1%; }
.confusion .right { background: color-mix(in srgb, var(--blue-fill) var(--heat), transparent);
  font-weight: 600; }
.confusion .wrong { background: color-mix(in srgb, var(--orange-fill) var(--heat), transparent); }
.confusion .strong { color: #1a1208; font-weight: 600; }
.confusion .zero { color: var(--faint); }
.confusion .rate { min-width: 96px; width: 14%; text-align: left; padding-left: 14px;
  color: var(--muted); font-size: 13px; }
.confusion .rate span { display: inline-block; vertical-align: middle; }
.confusion .rate span:first-child { min-width: 4.9em; }
.confusion .bar { width: calc(100% - 5.3em); height: 8px; }
.confusion .bar i { display: block; height: 100%; border-radius: 4px; background: var(--orange-fill); }
.confusion thead th { vertical-align: bottom; }
.confusion.long th[scope="col"]:not(.rate) { font-size: 13px; }
.confusion.long th[scope="col"]:not(.rate) span { writing-mode: vertical-rl; transform: rotate(180deg); }
.confusion.dense { font-size: 12px; border-spacing: 1px; }
.confusion.dense td { padding: 4px 1px; min-width: 27px; border-radius: 3px; }
.confusion.dense .rate { font-size: 12px; padding-left: 10px; min-width: 84px; width: 10%; }
.confusion.worst .taken { text-align: left; padding-left: 14px; color: var(--muted); }
.confusion.worst td { white-space: nowrap; }
ul.pairs { list-style: none; display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 20px; padding: 0; }
ul.pairs li { border: 1px solid var(--line); border-radius: 999px; padding: 3px 13px; font-size: 14px; }
ul.pairs span { color: var(--muted); margin-left: 4px; }
details { margin-top: 18px; }
summary { cursor: pointer; color: var(--muted); font-size: 15px; padding: 4px 0; }
details[open] summary { margin-bottom: 12px; }

.mistakes { list-style: none; margin: 0; padding: 0; display: grid; gap: 14px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 210px), 1fr)); }
.mistakes li { border: 1px solid var(--line); border-radius: 10px; padding: 12px; display: grid;
  min-width: 0;
  grid-template-columns: auto minmax(0, 1fr); gap: 10px 14px; align-items: center; }
.mistakes img { width: 96px; height: auto; image-rendering: pixelated; border-radius: 6px;
  background: #000; display: block; }
.mistakes p { font-size: 14px; line-height: 1.4; overflow-wrap: anywhere; color: var(--muted);
  grid-column: 2; }
.mistakes p b { font-size: 17px; }
.mistakes p:first-child { grid-column: 1 / -1; }
.mistakes svg { grid-column: 1 / -1; }
.mistakes p span { font-size: 13px; }
rect.bar.other { fill: var(--faint); } rect.bar.true { fill: var(--blue-fill); }
rect.bar.wrong { fill: var(--orange-fill); }
text.class { font-size: 12.5px; }
text.class.true { fill: var(--blue); font-weight: 700; }
text.class.wrong { fill: var(--orange); font-weight: 700; }

.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr));
  gap: 24px 48px; align-items: start; }
table.pairs { width: 100%; font-size: 15px; }
table.pairs th, table.pairs td { text-align: left; padding: 7px 0; border-top: 1px solid var(--line);
  vertical-align: top; }
table.pairs th { font-weight: 400; color: var(--muted); padding-right: 20px; white-space: nowrap;
  width: 1%; }
table.pairs td { overflow-wrap: anywhere; text-align: right; }

@media (min-width: 901px) {
  /* Larger pictures, but not larger letters. */
  .few text { font-size: 9px; } .few text.note { font-size: 8.6px; } .few text.end { font-size: 9.6px; }
  .few .line { stroke-width: 1.8; }
}
@media (max-width: 700px) {
  main { padding: 12px 10px 24px; gap: 12px; }
  header, section { padding: 20px 16px 22px; border-radius: 12px; }
  h1 { font-size: 25px; }
  .hero { grid-template-columns: minmax(0, 1fr); gap: 22px; margin: 20px 0; }
  .bars th { white-space: normal; width: 30%; }
  .bars .bar + td { display: none; }
  .stats { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .stats div { padding: 12px; }
  .stats b { font-size: 22px; }
  .wide { display: none; }
  .narrow { display: block; }
  .hybrids img { width: 52px; }
  .hybrids td { padding: 2px; }
  .fields { grid-template-columns: repeat(8, minmax(0, 1fr)); gap: 4px; }
  .confusion { font-size: 12px; border-spacing: 1px; }
  .confusion td { min-width: 23px; padding: 6px 0; font-size: 11px; letter-spacing: -0.02em; }
  .confusion th { padding: 4px 1px; }
  .confusion th[scope="row"] { padding-right: 5px; max-width: 72px; overflow: hidden;
    text-overflow: ellipsis; }
  .confusion caption span { display: block; max-width: 76vw; }
  .confusion .corner { font-size: 0; padding: 0; }
  .confusion .rate, .confusion.dense .rate { min-width: 0; width: auto; padding-left: 5px;
    font-size: 11px; }
  .confusion .rate span:first-child { min-width: 0; }
  .confusion .rate .bar { display: none; }
  .mistakes { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .mistakes li { padding: 10px; gap: 8px 10px; }
  .mistakes img { width: 58px; }
  .mistakes p, .mistakes p span { font-size: 12.5px; letter-spacing: -0.02em; }
  .mistakes p b { font-size: 15px; }
  .mistakes text.class { font-size: 17px; }
}
@page { margin: 14mm; }
@media print {
  :root { --page: #fff; }
  main { padding: 0; gap: 6px; max-width: none; }
  header, section { border: 0; padding: 8px 0; border-radius: 0; }
  h2, .reading { break-after: avoid; }
  .reading { break-inside: avoid; }
  figure, .mistakes li, tr, .stats { break-inside: avoid; }
  .big { font-size: 60px; }
  .hero { margin: 12px 0; gap: 24px; }
  .hero svg { max-height: 3.2cm; }
  .wide svg, .reliability svg { max-height: 5.6cm; }
  .multiples, .multiples.few { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px 24px; }
  .fields { grid-template-columns: repeat(20, minmax(0, 1fr)); gap: 4px; }
  .mistakes { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8px; }
  .mistakes li { padding: 8px; gap: 6px; }
  .mistakes img { width: 56px; }
  .confusion td { padding: 3px 1px; }
  .tables { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px 32px; }
  table.pairs { font-size: 12px; } table.pairs th, table.pairs td { padding: 3px 0; }
}
`;
