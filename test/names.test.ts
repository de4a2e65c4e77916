import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What the package offers by the same name in Node and in pages, and what exported models offer of both kinds: one home for each host. */
const TWINS = [
  'Model',
  'TrainModelOptions',
  'TrainedModel',
  'createNetwork',
  'decodeModel',
  'decodeNetwork',
  'encodeNetwork',
  'predict',
  'preprocess',
  'readTable',
  'trainModel',
];

const EXPORTED =
  /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type) (\w+)/gm;

describe('exported names', () => {
  const homes = new Map<string, Set<string>>();
  const src = new URL('../src/', import.meta.url);
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  for (const file of files) {
    for (const [, name] of readFileSync(new URL(file, src), 'utf8').matchAll(EXPORTED)) {
      homes.set(name, new Set([...(homes.get(name) ?? []), file]));
    }
  }

  it('have one home each, but for those that stand for the same thing on two hosts', () => {
    const twice = [...homes].filter(([, files]) => files.size > 1).map(([name]) => name);
    expect(homes.size).toBeGreaterThan(500);
    expect(twice.sort()).toEqual(TWINS);
  });
});
