// Whether a report is one that every browser reads the same way.

// Base64 may spell anything.
export function withoutImages(html: string): string {
  return html.replaceAll(/data:image\/png;base64,[\w+/=]+/g, 'data:');
}

/** Throws unless every tag is closed in order and every attribute is quoted, as XML wants. */
export function checkBalance(xml: string): void {
  const open: string[] = [];
  let rest = xml;
  while (rest.includes('<')) {
    rest = rest.slice(rest.indexOf('<'));
    const tag = /^<(\/?)([a-z][\w-]*)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>/.exec(rest);
    if (!tag) throw new Error(`not a tag: ${rest.slice(0, 80)}`);
    const [all, closing, name, , empty] = tag;
    if (closing && open.pop() !== name) throw new Error(`unexpected </${name}> before ${rest.slice(0, 80)}`);
    if (!closing && !empty) open.push(name);
    rest = rest.slice(all.length);
  }
  if (open.length > 0) throw new Error(`left open: ${open}`);
}

export function checkEntities(xml: string): void {
  const loose = /&(?!(?:amp|lt|gt|quot|#39);)/.exec(xml);
  if (loose) throw new Error(`loose ampersand: ${xml.slice(loose.index, loose.index + 40)}`);
}

/** Throws unless `html` is a report without loose markup and without numbers that are none. */
export function checkReport(html: string): void {
  const text = withoutImages(html);
  const odd = /\bNaN\b|undefined|Infinity|∞|\[object|null/.exec(text);
  if (odd) throw new Error(`not a number: ${text.slice(Math.max(0, odd.index - 40), odd.index + 40)}`);
  const markup = text.replace('<!doctype html>', '').replace(/<style>.*<\/style>/s, '');
  checkBalance(markup);
  checkEntities(markup);
  const loaded = /https?:\/\/|<script|<link|@import|url\(/.exec(text);
  if (loaded) throw new Error(`loads something: ${text.slice(loaded.index, loaded.index + 60)}`);
}
