// One memory, a kernel build bound to it, and its plain twin on a copy of the same bytes.

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { describe } from 'vitest';
import { allKernels } from '../../build/all-kernels.js';
import { kernels as learnKernels } from '../../build/learn-kernels.js';
import { kernels as pageKernels } from '../../build/page-kernels.js';
import { kernels as predictKernels } from '../../build/predict-kernels.js';
import { declareShared, fuse, unpackBytes } from '../../src/kernels/embedded.ts';
import { type Build, detectBuild } from '../../src/kernels/features.ts';
import { bindKernels, type Kernels } from '../../src/kernels/kernels.ts';
import { plainKernels } from '../../src/kernels/plain.ts';

/** One unit in the last place of 1. */
export const EPSILON = 2 ** -23;

/**
 * How many EPSILON of Σ |terms| a sum of n terms in single precision may be off. In any order, with or without fused
 * steps, it is off by at most (n + 2) · 2^-24 · Σ |terms|; roundings fall on both sides, so that √n of them count
 * rather than n (Higham and Mary 2019). For n < 7 this is the strict bound, for n = 100 a quarter of it.
 */
export const sumError = (n: number) => 2 + Math.sqrt(n);

// A float of 1.5e16: whoever reads it by mistake gets a sum that no tolerance forgives.
const CANARY = 0x5a;
const PAGES = 64;

type Range = readonly [begin: number, end: number];

/** A kernel over [0, end), and the bytes that its part [begin, end) may write. */
export interface Check {
  readonly end: number;
  readonly call: (kernels: Kernels, begin: number, end: number) => void;
  readonly writes: (begin: number, end: number) => Range[];
  /** The same call with signs such that the twin, on absolute values, gives Σ |terms|. `call` where it does not say. */
  readonly magnitude?: (kernels: Kernels) => void;
}

/** xorshift32: quick, and nothing to do with the generator under test. */
export class Noise {
  #state = 0x2545f491;

  bits(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    return this.bits() / 2 ** 32;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
}

class Bytes {
  readonly bytes: Buffer;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;

  constructor(buffer: ArrayBufferLike) {
    this.bytes = Buffer.from(buffer);
    this.f32 = new Float32Array(buffer);
    this.u32 = new Uint32Array(buffer);
  }
}

export class Bench {
  readonly kernels: Kernels;
  readonly twin: Kernels;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
  readonly plain: Bytes;
  readonly noise = new Noise();
  readonly #actual: Bytes;
  readonly #origin = new Bytes(new ArrayBuffer(PAGES * 65536));
  readonly #before: Bytes;
  readonly #scratch: Bytes;
  readonly #magnitude: Bytes;
  readonly #sizes: Kernels;
  readonly #embedded: Bytes;
  readonly #embeddedKernels: readonly Kernels[];
  readonly #normals: Float32Array;
  #top = 0;

  constructor(build: Build, isShared: boolean) {
    const [memory, other] = Array.from(
      { length: 2 },
      () =>
        new WebAssembly.Memory(
          isShared ? { initial: PAGES, maximum: 65536, shared: true } : { initial: PAGES },
        ),
    ) as [WebAssembly.Memory, WebAssembly.Memory];
    const bytes = readBuild(isShared ? `${build}-shared` : build);
    this.kernels = bindKernels(new WebAssembly.Module(bytes), memory);
    this.#actual = new Bytes(memory.buffer);
    this.#embedded = new Bytes(other.buffer);
    const bind = (of: Bundle) =>
      bindKernels(new WebAssembly.Module(embeddedBuild(of, build, isShared)), other);
    // Bundles have some of the kernels, and devices no threads.
    const whole = bindKernels(new WebAssembly.Module(bytes), other);
    const inPages: Bundle[] = ['page', 'page with convolutions'];
    const bundles: Bundle[] = isShared ? inPages : [...inPages, 'learn', 'predict'];
    this.#embeddedKernels = bundles.map(bundle => ({ ...whole, ...bind(bundle) }));
    [this.plain, this.#before, this.#scratch, this.#magnitude] = Array.from(
      { length: 4 },
      () => new Bytes(new ArrayBuffer(PAGES * 65536)),
    ) as [Bytes, Bytes, Bytes, Bytes];
    this.f32 = this.#actual.f32;
    this.u32 = this.#actual.u32;
    this.twin = plainKernels(this.plain.f32.buffer);
    this.#sizes = plainKernels(this.#magnitude.f32.buffer);
    this.#normals = Float32Array.from({ length: 1 << 18 }, () => this.noise.normal());
  }

  /** Forgets all arrays. */
  reset(): void {
    this.#top = 0;
  }

  /** A new array of words, aligned to 64 bytes between at least 64 bytes of canaries, and made of canaries itself. */
  take(words: number): number {
    const at = this.#top + 64;
    this.#top = Math.ceil((at + words * 4) / 64) * 64 + 64;
    if (this.#top > PAGES * 65536) throw new Error('the memory of the test is too small');
    this.#actual.bytes.fill(CANARY, at - 64, this.#top);
    return at;
  }

  floats(values: Iterable<number>): number {
    const array = Float32Array.from(values);
    const at = this.take(array.length);
    this.f32.set(array, at >> 2);
    return at;
  }

  words(values: Iterable<number>): number {
    const array = Uint32Array.from(values);
    const at = this.take(array.length);
    this.u32.set(array, at >> 2);
    return at;
  }

  zeros(count: number): number {
    const at = this.take(count);
    this.u32.fill(0, at >> 2, (at >> 2) + count);
    return at;
  }

  normals(count: number): number {
    const at = this.take(count);
    const from = this.noise.below(this.#normals.length - count);
    this.f32.set(this.#normals.subarray(from, from + count), at >> 2);
    return at;
  }

  /** Normal numbers (ceil(units / 32), rows, 32) with zeros for the units of the padding. */
  panels(units: number, rows: number): number {
    const panels = Math.ceil(units / 32);
    const at = this.normals(panels * rows * 32);
    for (let row = (panels - 1) * rows; row < panels * rows; row++) {
      this.f32.fill(0, (at >> 2) + row * 32 + units - (panels - 1) * 32, (at >> 2) + (row + 1) * 32);
    }
    return at;
  }

  /** M compressed rows of K inputs, a share of `density` not zero. */
  rows(M: number, K: number, density: number): { rows: number; entries: number } {
    const rows = this.take(2 * M);
    const entries = this.take(2 * M * K);
    const values = this.noise.below(this.#normals.length - M * K);
    let at = 0;
    for (let row = 0; row < M; row++) {
      this.u32[(rows >> 2) + 2 * row] = at;
      for (let k = 0; k < K; k++) {
        if (density < 1 && this.noise.next() >= density) continue;
        this.u32[(entries + at) >> 2] = k * 128;
        this.f32[((entries + at) >> 2) + 1] = this.#normals[values + row * K + k];
        at += 8;
      }
      this.u32[(rows >> 2) + 2 * row + 1] = at;
    }
    return { rows, entries };
  }

  /**
   * Runs kernel and twin from the same bytes. Throws where either writes outside of `writes`, or where the kernel in two
   * or three parts, or as bundles carry it, does not give the same bytes as in one. Leaves both results for `same` and
   * `close`.
   */
  check({ end, call, writes, magnitude }: Check): void {
    this.#copy(this.#actual, this.#before);
    this.#copy(this.#actual, this.plain);
    call(this.kernels, 0, end);
    this.#unchanged('kernel', this.#actual, this.#before, writes(0, end));
    for (const kernels of this.#embeddedKernels) {
      this.#copy(this.#before, this.#embedded);
      call(kernels, 0, end);
      const differs = this.#difference(this.#embedded, this.#actual, 0, this.#top);
      if (differs >= 0) throw new Error(`the kernel of a bundle gives another byte ${differs}`);
    }
    call(this.twin, 0, end);
    this.#unchanged('twin', this.plain, this.#before, writes(0, end));

    this.#copy(this.#before, this.#magnitude);
    for (let i = 0; i < this.#top >> 2; i++) this.#magnitude.u32[i] &= 0x7fffffff;
    if (magnitude) magnitude(this.#sizes);
    else call(this.#sizes, 0, end);

    if (end > 1) this.#inParts([0, end >> 1, end], call, writes);
    if (end > 2) this.#inParts([0, 1, end - 1, end], call, writes);
  }

  #inParts(cuts: number[], call: Check['call'], writes: Check['writes']): void {
    this.#copy(this.#actual, this.#scratch);
    this.#copy(this.#before, this.#actual);
    for (let part = 0; part + 1 < cuts.length; part++) {
      const [begin, end] = [cuts[part], cuts[part + 1]];
      this.#copy(this.#actual, this.#before);
      call(this.kernels, begin, end);
      this.#unchanged(`part [${begin}, ${end})`, this.#actual, this.#before, writes(begin, end));
      if (part === 0) this.#copy(this.#before, this.#origin);
    }
    const differs = this.#difference(this.#actual, this.#scratch, 0, this.#top);
    if (differs >= 0) throw new Error(`parts at ${cuts} differ from the whole in byte ${differs}`);
    this.#copy(this.#origin, this.#before);
  }

  /** Throws unless kernel and twin left exactly the same bytes. */
  same(): void {
    const at = this.#difference(this.#actual, this.plain, 0, this.#top);
    if (at >= 0) {
      const i = at >> 2;
      throw new Error(
        `byte ${at}: kernel ${this.u32[i]} (${this.f32[i]}), twin ${this.plain.u32[i]} (${this.plain.f32[i]})`,
      );
    }
  }

  /** Throws unless `count` floats are within `factor` EPSILON of Σ |terms| of the twin's. */
  close(what: string, at: number, count: number, factor: number): void {
    for (let i = at >> 2; i < (at >> 2) + count; i++) {
      this.within(`${what}[${i - (at >> 2)}]`, i, factor * EPSILON * this.#magnitude.f32[i]);
    }
  }

  /** Throws unless the float in word `i` is within `tolerance` of the twin's. */
  within(what: string, i: number, tolerance: number): void {
    const difference = Math.abs(this.f32[i] - this.plain.f32[i]);
    // Written so that NaN fails.
    if (!(difference <= tolerance)) {
      throw new Error(
        `${what}: kernel ${this.f32[i]}, twin ${this.plain.f32[i]}, off by ${difference} > ${tolerance}`,
      );
    }
  }

  /** The same for the first `count` of `rows` rows in each of P panels. */
  panelsWithin(what: string, at: number, P: number, rows: number, count: number, tolerance: number): void {
    for (let panel = 0; panel < P; panel++) {
      for (let i = 0; i < count * 32; i++) {
        this.within(`${what}[${panel}][${i}]`, (at >> 2) + panel * rows * 32 + i, tolerance);
      }
    }
  }

  /** Σ |terms| of word `i` in the last check. */
  magnitude(i: number): number {
    return this.#magnitude.f32[i];
  }

  /** Throws unless the padding of the last panel is zero in the first `count` rows of each `rows`. */
  padding(what: string, at: number, units: number, rows: number, count: number): void {
    const last = Math.ceil(units / 32) - 1;
    for (let row = last * rows; row < last * rows + count; row++) {
      for (let lane = units - last * 32; lane < 32; lane++) {
        const value = this.f32[(at >> 2) + row * 32 + lane];
        if (value !== 0) throw new Error(`${what}: ${value} in padding lane ${lane}`);
      }
    }
  }

  #copy(from: Bytes, to: Bytes): void {
    from.bytes.copy(to.bytes, 0, 0, this.#top);
  }

  #unchanged(who: string, now: Bytes, before: Bytes, allowed: Range[]): void {
    let from = 0;
    for (const [begin, end] of [...allowed, [this.#top, this.#top] as const].sort((a, b) => a[0] - b[0])) {
      const at = this.#difference(now, before, from, begin);
      if (at >= 0) throw new Error(`${who} wrote byte ${at}, outside of its range`);
      from = Math.max(from, end);
    }
  }

  /** The first byte that differs in [begin, end), or −1. */
  #difference(a: Bytes, b: Bytes, begin: number, end: number): number {
    if (begin >= end || a.bytes.compare(b.bytes, begin, end, begin, end) === 0) return -1;
    for (let at = begin; at < end; at++) if (a.bytes[at] !== b.bytes[at]) return at;
    return -1;
  }
}

/** The bytes [at, at + size) of one item for each index of a part, `stride` bytes apart. */
export const items =
  (at: number, stride: number, size = stride) =>
  (begin: number, end: number): Range[] =>
    Array.from({ length: end - begin }, (_, i) => [
      at + (begin + i) * stride,
      at + (begin + i) * stride + size,
    ]);

export const readBuild = (file: string) => readFileSync(new URL(`../../build/${file}.wasm`, import.meta.url));

/** Who carries kernels along. */
export type Bundle = 'page' | 'page with convolutions' | 'learn' | 'predict';

const carried: Readonly<Record<Bundle, string>> = {
  page: pageKernels,
  'page with convolutions': allKernels(pageKernels),
  learn: learnKernels,
  predict: predictKernels,
};

/** The bytes of a build, made as bundles make it of the module that they carry. */
export function embeddedBuild(of: Bundle, build: Build, isShared: boolean): Uint8Array<ArrayBuffer> {
  const module = unpackBytes(carried[of]);
  if (build === 'relaxed') fuse(module);
  if (isShared) declareShared(module);
  return module;
}

// Before anything compiles, or Node 20 would refuse the relaxed builds.
export const detected = detectBuild(flags => setFlagsFromString(flags));

/**
 * Defines tests for each of the four builds. `isFull` where a test should try all sizes; the shared builds differ in
 * their memory only, so one small case does. `isRelaxed` where multiply-add is fused.
 */
export function eachBuild(define: (bench: () => Bench, isFull: boolean, isRelaxed: boolean) => void): void {
  for (const [build, isShared] of [
    ['simd', false],
    ['relaxed', false],
    ['simd', true],
    ['relaxed', true],
  ] as const) {
    const file = isShared ? `${build}-shared` : build;
    const isRelaxed = build === 'relaxed';
    if (isRelaxed && detected !== 'relaxed') {
      describe.skip(`${file}.wasm (skipped: this engine has no relaxed SIMD)`, () =>
        define(() => undefined!, false, true));
      continue;
    }
    let bench: Bench | undefined;
    describe(`${file}.wasm`, () =>
      define(
        () => {
          bench ??= new Bench(build, isShared);
          bench.reset();
          return bench;
        },
        !isShared,
        isRelaxed,
      ));
  }
}

/** Runs `test` and adds to a failure what it was about. */
export function about(what: string, test: () => void): void {
  try {
    test();
  } catch (cause) {
    throw new Error(`${what}: ${(cause as Error).message}`, { cause });
  }
}

/** The same in each of P panels, `panelBytes` apart. */
export const panelItems =
  (at: number, P: number, panelBytes: number, bytes: number) =>
  (begin: number, end: number): Range[] =>
    Array.from({ length: P }, (_, p) => items(at + p * panelBytes, bytes)(begin, end)).flat();
