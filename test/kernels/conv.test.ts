// Convolutions, over awkward shapes.

import { it } from 'vitest';
import { gridLanes, listWords, poolingRows, sumFloats } from '../../src/kernels/conv-sizes.ts';
import { SKIP } from '../../src/kernels/panels.ts';
import { about, type Bench, eachBuild, items, panelItems, sumError } from '../support/memory.ts';

interface Sizes {
  /** Images, and channels above. */
  readonly M: number;
  readonly U: number;
  readonly H: number;
  readonly W: number;
  readonly D: number;
  readonly N: number;
  readonly stride: number;
  readonly L: number;
  readonly density: number;
}

/**
 * Each of them somewhere, patches larger than the image and pools that leave positions over included, and patches whose weights are multiplied at
 * once, row by row and position by position, with images of several bands of rows.
 */
const SIZES: readonly Sizes[] = [
  { M: 1, U: 1, H: 1, W: 1, D: 1, N: 1, stride: 1, L: 1, density: 1 },
  { M: 2, U: 32, H: 2, W: 3, D: 1, N: 3, stride: 1, L: 1, density: 0.5 },
  { M: 3, U: 33, H: 5, W: 4, D: 3, N: 3, stride: 1, L: 2, density: 1 },
  { M: 2, U: 20, H: 9, W: 8, D: 2, N: 5, stride: 2, L: 2, density: 0.8 },
  { M: 2, U: 34, H: 4, W: 7, D: 4, N: 3, stride: 1, L: 2, density: 0.9 },
  { M: 3, U: 9, H: 7, W: 5, D: 4, N: 5, stride: 2, L: 1, density: 0.6 },
  { M: 5, U: 40, H: 6, W: 6, D: 32, N: 3, stride: 1, L: 2, density: 0.2 },
  { M: 4, U: 70, H: 4, W: 5, D: 64, N: 3, stride: 1, L: 1, density: 0.1 },
  { M: 3, U: 12, H: 9, W: 8, D: 5, N: 3, stride: 2, L: 2, density: 0.4 },
  { M: 2, U: 31, H: 2, W: 2, D: 32, N: 7, stride: 1, L: 1, density: 0.7 },
  { M: 2, U: 16, H: 7, W: 7, D: 1, N: 7, stride: 1, L: 3, density: 0.3 },
  { M: 7, U: 32, H: 3, W: 3, D: 33, N: 1, stride: 1, L: 1, density: 0 },
  { M: 1, U: 9, H: 15, W: 11, D: 64, N: 3, stride: 1, L: 2, density: 0.3 },
  { M: 1, U: 35, H: 9, W: 9, D: 160, N: 3, stride: 2, L: 1, density: 0.2 },
  { M: 1, U: 12, H: 6, W: 5, D: 130, N: 3, stride: 1, L: 3, density: 0.5 },
];
const SMALL = SIZES[6];
const NARROW = SIZES[2];

/** Images of the sizes, cut at each position. */
function images(bench: Bench, { M, H, W, D, density }: Sizes) {
  const { rows, entries } = bench.rows(M, H * W * D, density);
  const cuts = bench.take(M * (H * W + 1));
  bench.kernels.cutPositions(cuts, rows, entries, 0, M, H * W, D);
  return { cuts, entries };
}

function cut(bench: Bench, { M, H, W, D, density }: Sizes): void {
  bench.reset();
  const { rows, entries } = bench.rows(M, H * W * D, density);
  const cuts = bench.take(M * (H * W + 1));
  bench.check({
    end: M,
    call: (k, begin, end) => k.cutPositions(cuts, rows, entries, begin, end, H * W, D),
    writes: items(cuts, (H * W + 1) * 4),
  });
  bench.same();
}

function pooled({ H, W, stride, L }: Sizes) {
  const [height, width] = [H, W].map(length => Math.floor((Math.floor((length - 1) / stride) + 1) / L));
  return { height, width, Q: height * width };
}

function forward(bench: Bench, sizes: Sizes): void {
  bench.reset();
  const { M, U, H, W, D, N, stride, L } = sizes;
  const { Q } = pooled(sizes);
  const [P, S, K] = [Math.ceil(U / 32), M + 2, N * N * D];
  const { cuts, entries } = images(bench, sizes);
  const weights = bench.panels(U, K + 1);
  const activity = bench.take(P * S * Q * 32);
  const winners = bench.zeros(P * S * Q * 8);
  const scratchRows = poolingRows(pooled(sizes).width, L);
  const scratch = bench.zeros(scratchRows * 32);
  const ofImages = (at: number, bytes: number) => panelItems(at, P, S * Q * bytes, Q * bytes);
  // Activities of every other size are not rectified.
  const least = U % 2 ? 0 : Number.NEGATIVE_INFINITY;
  const call = (w: number) => (k: Bench['kernels'], begin: number, end: number) =>
    k.convForward(
      activity,
      w,
      scratch,
      cuts,
      entries,
      weights,
      begin,
      end,
      P,
      H,
      W,
      D,
      N,
      stride,
      L,
      S,
      least,
    );
  bench.check({
    end: M,
    call: call(winners),
    writes: (begin, end) => [
      ...ofImages(activity, 128)(begin, end),
      ...ofImages(winners, 32)(begin, end),
      ...items(scratch, scratchRows * 128)(0, 1),
    ],
  });
  for (let panel = 0; panel < P; panel++) {
    bench.close('activity', activity + panel * S * Q * 128, M * Q * 32, sumError(K + 1));
  }
  bench.padding('activity', activity, U, S * Q, M * Q);
}

/** Images as a grid give the same bits as compressed ones, zeros or not. */
function gridForward(bench: Bench, sizes: Sizes): void {
  bench.reset();
  const { M, U, H, W, D, N, stride, L } = sizes;
  const { Q } = pooled(sizes);
  const [P, S, K, pad] = [Math.ceil(U / 32), M + 2, N * N * D, (N - 1) / 2];
  const { cuts, entries } = images(bench, sizes);
  const weights = bench.panels(U, K + 1);
  const slabs = gridLanes(D) * Math.ceil(D / 32);
  const grid = bench.zeros(S * (H + 2 * pad) * (W + 2 * pad) * slabs);
  const compressed = bench.take(P * S * Q * 32);
  const activity = bench.take(P * S * Q * 32);
  const [winners, others] = [bench.zeros(P * S * Q * 8), bench.zeros(P * S * Q * 8)];
  const scratch = bench.zeros(poolingRows(pooled(sizes).width, L) * 32);
  const { kernels, u32 } = bench;
  kernels.spreadImages(grid, cuts, entries, 0, M, H, W, D, pad, S);
  const least = U % 2 ? 0 : Number.NEGATIVE_INFINITY;
  const rest = [P, H, W, D, N, stride, L, S, least] as const;
  kernels.convForward(compressed, others, scratch, cuts, entries, weights, 0, M, ...rest);
  const ofImages = (at: number, bytes: number) => panelItems(at, P, S * Q * bytes, Q * bytes);
  bench.check({
    end: M,
    call: (k, begin, end) => k.gridForward(activity, winners, scratch, grid, weights, begin, end, ...rest),
    writes: (begin, end) => [
      ...ofImages(activity, 128)(begin, end),
      ...ofImages(winners, 32)(begin, end),
      ...items(scratch, L * L * 128)(0, 1),
    ],
  });
  for (let panel = 0; panel < P; panel++) {
    const [at, other] = [activity, compressed].map(first => (first >> 2) + panel * S * Q * 32);
    for (let i = 0; i < M * Q * 32; i++) {
      if (u32[at + i] !== u32[other + i]) throw new Error(`value ${i} of panel ${panel} has other bits`);
    }
    const [first, second] = [winners, others].map(all => (all >> 2) + panel * S * Q * 8);
    for (let i = 0; L > 1 && i < M * Q * 8; i++) {
      if (u32[first + i] !== u32[second + i])
        throw new Error(`winners ${4 * i} of panel ${panel} are others`);
    }
    bench.close('activity', activity + panel * S * Q * 128, M * Q * 32, sumError(K + 1));
  }
}

function reflect(bench: Bench, { M, H, W, D }: Sizes, pad: number): void {
  if (pad >= Math.min(H, W)) return;
  bench.reset();
  const [S, panels, lanes] = [M + 2, Math.ceil(D / 32), gridLanes(D)];
  const words = (H + 2 * pad) * (W + 2 * pad) * lanes;
  const grid = bench.normals(panels * S * words);
  bench.check({
    end: M,
    call: (k, begin, end) => k.reflectBorder(grid, begin, end, H, W, D, pad, S),
    writes: panelItems(grid, panels, S * words * 4, words * 4),
  });
  bench.same();
}

/** The winners that the kernel found have the largest activity: ties but for rounding may fall either way in the twin. */
function winnersOf(bench: Bench, sizes: Sizes): void {
  const { M, U, H, W, D, N, L } = sizes;
  const { height, width, Q } = pooled(sizes);
  bench.reset();
  const [P, S, K] = [Math.ceil(U / 32), M, N * N * D];
  const { cuts, entries } = images(bench, sizes);
  const weights = bench.panels(U, K + 1);
  const whole = bench.take(P * S * H * W * 32);
  const activity = bench.take(P * S * Q * 32);
  const winners = bench.zeros(P * S * Q * 8);
  const scratch = bench.zeros(poolingRows(width, L) * 32);
  const { kernels, f32, u32 } = bench;
  kernels.convForward(whole, winners, scratch, cuts, entries, weights, 0, M, P, H, W, D, N, 1, 1, S, 0);
  kernels.convForward(activity, winners, scratch, cuts, entries, weights, 0, M, P, H, W, D, N, 1, L, S, 0);
  const bytes = new Uint8Array(u32.buffer);
  for (let i = 0; i < P * S * Q * 32; i++) {
    const [lane, place] = [i % 32, Math.floor(i / 32)];
    const [q, image] = [place % Q, Math.floor(place / Q)];
    const [y, x] = [Math.floor(q / width) * L, (q % width) * L];
    const pool = Array.from({ length: L * L }, (_, j) => {
      const position = (y + Math.floor(j / L)) * W + x + (j % L);
      return f32[(whole >> 2) + (image * H * W + position) * 32 + lane];
    });
    const most = Math.max(...pool);
    if (f32[(activity >> 2) + i] !== most) throw new Error(`activity ${i} of ${height} × ${width}`);
    if (bytes[winners + i] !== pool.indexOf(most))
      throw new Error(`winner ${i} is not the first of the largest`);
  }
}

function gradient(bench: Bench, sizes: Sizes): void {
  bench.reset();
  const { M, U, H, W, D, N, stride, L } = sizes;
  const { Q } = pooled(sizes);
  const [P, S, pad] = [Math.ceil(U / 32), M + 2, (N - 1) / 2];
  const { cuts, entries } = images(bench, sizes);
  const positions = (H + 2 * pad) * (W + 2 * pad);
  const [lanes, panels] = [gridLanes(D), Math.ceil(D / 32)];
  const grid = bench.zeros(panels * S * positions * lanes + 16);
  bench.check({
    end: M,
    call: (k, begin, end) => k.spreadImages(grid, cuts, entries, begin, end, H, W, D, pad, S),
    writes: panelItems(grid, panels, S * positions * lanes * 4, positions * lanes * 4),
  });
  bench.same();

  // A third of the gradient is not zero; one image is left out.
  const rows = bench.panels(U, S * Q);
  for (let i = 0; i < P * S * Q * 32; i++) if (bench.noise.next() > 0.33) bench.f32[(rows >> 2) + i] = 0;
  const winners = bench.take(P * S * Q * 8);
  new Uint8Array(bench.u32.buffer).set(
    Array.from({ length: P * S * Q * 32 }, () => bench.noise.below(L * L)),
    winners,
  );
  const targets = bench.words(Array.from({ length: M }, (_, row) => (row % 3 === 1 ? SKIP : row)));
  const R = 2;
  const counts = bench.take(P * 32);
  const lists = bench.take(P * 32 * listWords(R * Q));
  const T = sumFloats(D, N);
  const sums = bench.take(P * 32 * T);
  const fours = Math.ceil(U / 4);
  bench.check({
    end: fours,
    call: (k, begin, end) =>
      k.convGradient(
        sums,
        counts,
        lists,
        grid,
        rows,
        winners,
        targets,
        4 * begin,
        Math.min(4 * end, U),
        R,
        M,
        H,
        W,
        D,
        N,
        stride,
        L,
        S,
        T,
      ),
    writes: (begin, end) => [
      ...items(sums, T * 4)(4 * begin, Math.min(4 * end, U)),
      ...items(counts, 16)(begin, end),
      ...items(lists, 16 * listWords(R * Q))(begin, end),
    ],
  });
  for (let unit = 0; unit < U; unit++) {
    bench.close(`sums of unit ${unit}`, sums + unit * T * 4, T - 4, sumError(M * Q));
    // Which of four sums a value of the bias goes to is the kernel's own business.
    const values = Array.from({ length: M * Q }, (_, i) =>
      Math.floor(i / Q) % 3 === 1 ? 0 : bench.f32[(rows >> 2) + ((unit >> 5) * S * Q + i) * 32 + (unit & 31)],
    );
    const add = (all: Iterable<number>) => [...all].reduce((a, b) => a + b, 0);
    const bias = add(bench.f32.subarray((sums >> 2) + unit * T + T - 4, (sums >> 2) + unit * T + T));
    const bound = sumError(M * Q) * add(values.map(Math.abs));
    if (!(Math.abs(bias - add(values)) <= bound)) throw new Error(`the bias of unit ${unit} sums to ${bias}`);
  }

  const K = N * N * D;
  const panelRows = bench.take(P * 32 * (K + 1));
  bench.check({
    end: P * 32,
    call: (k, begin, end) => k.panelSums(panelRows, sums, begin, end, D, N, T),
    writes: (begin, end) =>
      Array.from({ length: end - begin }, (_, i) => begin + i).flatMap(unit =>
        items(panelRows + ((unit >> 5) * (K + 1) * 32 + (unit & 31)) * 4, 128, 4)(0, K + 1),
      ),
  });
  bench.same();
}

eachBuild((open, isFull) => {
  const all = isFull ? SIZES : [SMALL];
  const each = (what: (bench: Bench, sizes: Sizes) => void) => () => {
    const bench = open();
    for (const sizes of all) about(JSON.stringify(sizes), () => what(bench, sizes));
  };
  it('cutPositions', each(cut));
  it('convForward', { timeout: 60_000 }, each(forward));
  it('gridForward', { timeout: 60_000 }, () => {
    const bench = open();
    for (const sizes of isFull ? SIZES : [NARROW, SMALL]) {
      about(JSON.stringify(sizes), () => gridForward(bench, sizes));
    }
  });
  it('reflectBorder', () => {
    const bench = open();
    for (const sizes of all) {
      for (const pad of [0, 1, 2]) about(JSON.stringify(sizes), () => reflect(bench, sizes, pad));
    }
  });
  it('the winners of a pool', { timeout: 60_000 }, () => {
    const bench = open();
    for (const sizes of all.filter(({ L, U, stride }) => L > 1 && U <= 32 && stride === 1)) {
      about(JSON.stringify(sizes), () => winnersOf(bench, sizes));
    }
  });
  it('the gradient of the weights', { timeout: 60_000 }, each(gradient));
});
