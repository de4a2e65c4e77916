// This machine's limit: a loop of nothing but multiply-adds on registers, assembled by hand so that no compiler stands
// between.

import type { Build } from '../src/kernels/features.ts';

const CHAINS = 12;
const UNROLL = 4;
const ITERATIONS = 2_000_000;

/** (func (param $n i32) …): CHAINS independent accumulators, each UNROLL multiply-adds an iteration. */
function assemble(build: Build): Uint8Array<ArrayBuffer> {
  const leb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)]);
  const section = (id: number, body: number[]) => [id, ...leb(body.length), ...body];
  const get = (local: number) => [0x20, ...leb(local)];
  const set = (local: number) => [0x21, ...leb(local)];
  // Locals: 0 the counter, 1 a factor, 2 a summand, 3 … the accumulators: a = a · factor + summand.
  const madd = (a: number) =>
    build === 'relaxed'
      ? [...get(a), ...get(1), ...get(2), 0xfd, 0x85, 0x02, ...set(a)]
      : [...get(a), ...get(1), 0xfd, 0xe6, 0x01, ...get(2), 0xfd, 0xe4, 0x01, ...set(a)];
  const chains = Array.from({ length: CHAINS }, (_, i) => 3 + i);
  const body = Array.from({ length: UNROLL }, () => chains.flatMap(madd)).flat();
  const loop = [0x03, 0x40, ...body, ...get(0), 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b];
  // The sum goes out, so that nothing is dead code.
  const sum = chains.flatMap((a, i) => (i === 0 ? get(a) : [...get(a), 0xfd, 0xe4, 0x01]));
  const code = [0x01, ...leb(CHAINS + 2), 0x7b, ...loop, ...sum, 0xfd, 0x1f, 0x00, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x01, 0x60, 0x01, 0x7f, 0x01, 0x7d]),
    ...section(3, [0x01, 0x00]),
    ...section(7, [0x01, 0x01, 0x66, 0x00, 0x00]),
    ...section(10, [0x01, ...leb(code.length), ...code]),
  ]);
}

/** A loop that does `flops` floating-point operations at the limit of one core. */
export function peakLoop(build: Build): { flops: number; run: () => void } {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(build)));
  const loop = exports.f as (iterations: number) => number;
  return { flops: ITERATIONS * UNROLL * CHAINS * 4 * 2, run: () => void loop(ITERATIONS) };
}
