// The kernels that bundles carry. Bench (test/support/memory.ts) holds each of them against the files, to the bit; here are the
// modules, and whole networks.

import { describe, expect, it } from 'vitest';
import { createNetwork, encodeNetwork, type Recipe, recipes } from '../../src/index.ts';
import { packBytes, unpackBytes } from '../../src/kernels/embedded.ts';
import type { Build } from '../../src/kernels/features.ts';
import { create } from '../../src/network/build.ts';
import { node } from '../../src/network/create.ts';
import type { Host } from '../../src/network/host.ts';
import type { Network } from '../../src/network/network.ts';
import { prototypes } from '../support/data.ts';
import { type Bundle, detected, embeddedBuild, readBuild } from '../support/memory.ts';

const files: [Bundle, file: (build: Build) => string][] = [
  // Of the page's kernels there is one file: its two builds have the same names.
  ['page', () => 'page-relaxed'],
  ['page with convolutions', build => build],
  ['learn', build => `learn-${build}`],
  ['predict', build => `predict-${build}`],
];
const [inputs, classes] = [90, 6];
const data = { ...prototypes(200, inputs, classes, 1), shape: [9, 10] as const };

it('any bytes are text without quotes and backslashes, and come out of it again', () => {
  const bytes = Uint8Array.from({ length: 1024 }, (_, i) => (i < 256 ? i : (i * 167) ^ (i >> 3)));
  const text = packBytes(bytes);
  expect(text).toMatch(/^[#-[\]-z]+$/);
  expect(unpackBytes(text)).toEqual(bytes);
});

describe.each(['simd', 'relaxed'] as const)('%s', build => {
  const canRun = build === 'simd' || detected === 'relaxed';

  it.skipIf(!canRun).each(files)('has the exports of the file: %s', (bundle, fileOf) => {
    const [made, file] = [embeddedBuild(bundle, build, false), readBuild(fileOf(build))].map(bytes =>
      WebAssembly.Module.exports(new WebAssembly.Module(bytes)),
    );
    expect(made).toEqual(file);
  });

  it('is fused in the relaxed build only', () => {
    for (const [bundle] of files) {
      const fused = Buffer.from(embeddedBuild(bundle, build, false)).includes('fd8502', 'hex');
      expect(fused).toBe(build === 'relaxed');
    }
  });

  it.skipIf(!canRun).each([
    ['quick', 1],
    ['quick', 2],
    ['hinton-supervised', 1],
  ] as const)('trains to the bits of the file: %s, %i threads', async (name, threads) => {
    const recipe: Recipe = { ...recipes[name], layers: [70, 100, 40], batch: 20, epochs: 2 };
    const host: Host = {
      ...node,
      compile: async (build, isShared) => WebAssembly.compile(embeddedBuild('page', build, isShared)),
    };
    const options = { inputs, classes, threads, build, seed: 5 };
    const trained = async (network: Network) => {
      for await (const _event of network.fit(data));
      const bytes = await encodeNetwork(network);
      await network.close();
      return bytes;
    };
    const expected = await trained(await createNetwork(recipe, options));
    expect(Buffer.compare(await trained(await create(host, recipe, options)), expected)).toBe(0);
  });
});
