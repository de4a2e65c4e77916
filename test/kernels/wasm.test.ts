// The four files that are published: what they ask of the host, and what they give.

import { describe, expect, it } from 'vitest';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { plainKernels } from '../../src/kernels/plain.ts';
import { Bench, detected, readBuild } from '../support/memory.ts';

const NAMES = Object.keys(plainKernels(new ArrayBuffer(0))).sort();
const [TYPES, IMPORTS, EXPORTS, CODE, DATA, DATA_COUNT] = [1, 2, 7, 10, 11, 12];

function unsigned(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start, scale = 1; ; at++, scale *= 128) {
    value += (bytes[at] & 0x7f) * scale;
    if (bytes[at] < 0x80) return { value, next: at + 1 };
  }
}

/** The sections of a module, by number: the bytes of each. */
function sections(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = 8; at < bytes.length; ) {
    const { value, next } = unsigned(bytes, at + 1);
    found.set(bytes[at], bytes.subarray(next, next + value));
    at = next + value;
  }
  return found;
}

/** The imports as module.name, their kind and their limits' flags; all that is not a memory has no flags here. */
function imports(section: Uint8Array): { name: string; kind: number; flags: number }[] {
  let { value: count, next: at } = unsigned(section, 0);
  const list = [];
  for (; count > 0; count--) {
    const parts: string[] = [];
    for (let part = 0; part < 2; part++) {
      const { value, next } = unsigned(section, at);
      parts.push(new TextDecoder().decode(section.subarray(next, next + value)));
      at = next + value;
    }
    list.push({ name: parts.join('.'), kind: section[at], flags: section[at + 1] });
    if (section[at] !== 2) break;
    const hasMaximum = (section[at + 1] & 1) === 1;
    at = unsigned(section, at + 2).next;
    if (hasMaximum) at = unsigned(section, at).next;
  }
  return list;
}

/** The exports as names with their kinds. */
function exports(section: Uint8Array): Record<string, number> {
  let { value: count, next: at } = unsigned(section, 0);
  const list: Record<string, number> = {};
  for (; count > 0; count--) {
    const { value, next } = unsigned(section, at);
    const kind = next + value;
    list[new TextDecoder().decode(section.subarray(next, kind))] = section[kind];
    at = unsigned(section, kind + 1).next;
  }
  return list;
}

// By hand, so that the relaxed builds are looked at even where the engine cannot compile them.
describe.each(['simd', 'relaxed', 'simd-shared', 'relaxed-shared'])('%s.wasm', file => {
  const isShared = file.endsWith('shared');
  const build = file.startsWith('relaxed') ? 'relaxed' : 'simd';
  const bytes = readBuild(file);
  const found = sections(bytes);

  it('is a module of version 1', () => {
    expect([...bytes.subarray(0, 8)]).toEqual([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    expect(found.has(TYPES) && found.has(CODE)).toBe(true);
  });

  it('imports one memory and nothing else', () => {
    // Flag 1: there is a maximum, flag 2: it is shared.
    const list = imports(found.get(IMPORTS)!);
    expect(list.map(({ name, kind }) => ({ name, kind }))).toEqual([{ name: 'env.memory', kind: 2 }]);
    expect((list[0].flags & 2) !== 0).toBe(isShared);
  });

  it('exports every kernel, as a function, and nothing else', () => {
    expect(exports(found.get(EXPORTS)!)).toEqual(Object.fromEntries(NAMES.map(name => [name, 0])));
  });

  it('has no data, so that many can share a memory', () => {
    expect(found.has(DATA) || found.has(DATA_COUNT)).toBe(false);
  });

  it.skipIf(build === 'relaxed' && detected !== 'relaxed')(
    'binds to a memory (skipped where the engine has no relaxed SIMD)',
    () => {
      const module = new WebAssembly.Module(bytes);
      expect(
        WebAssembly.Module.exports(module)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(NAMES);
      const memory = new WebAssembly.Memory(
        isShared ? { initial: 1, maximum: 65536, shared: true } : { initial: 1 },
      );
      const kernels = bindKernels(module, memory);
      for (const name of NAMES) expect(kernels).toHaveProperty(name);
      // Binding writes nothing.
      expect(new Uint8Array(memory.buffer).every(byte => byte === 0)).toBe(true);
      expect(new Bench(build, isShared).kernels).toBeDefined();
    },
  );
});
