// The frame that all reports share: one HTML file that loads nothing.

import { escaped } from './markup.ts';
import { style } from './style.ts';

// Proof, kept by the browser, that the file is on its own.
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/**
 * A whole page. `title` and `kind` are plain text, `header` and `sections` are markup; sections that are empty or false are
 * left out.
 */
export function page(
  title: string,
  kind: string,
  header: string,
  sections: readonly (string | false)[],
): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<title>${escaped(title)} · forward-forward</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="kind">${escaped(kind)}</p>
<h1>${escaped(title)}</h1>
${header}
</header>
${sections.filter(Boolean).join('\n')}
<footer>Made by forward-forward. This file holds everything it shows and loads nothing.</footer>
</main>
</body>
</html>
`;
}

/** A titled part of a page; `reading` is markup that says how to read `body`. */
export function section(title: string, reading: string, body: string): string {
  return `<section>
<h2>${title}</h2>
<p class="reading">${reading}</p>
${body}
</section>`;
}

/** Names and values as a table; all of it plain text. */
export function pairsTable(
  caption: string,
  rows: readonly (readonly [name: string, value: string])[],
): string {
  if (rows.length === 0) return '';
  const body = rows.map(
    ([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return `<table class="pairs"><caption>${escaped(caption)}</caption><tbody>
${body.join('\n')}
</tbody></table>`;
}
