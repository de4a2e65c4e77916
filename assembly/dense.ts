// The dense product, for rows so full that skipping zeros costs more than it saves.
//
//   tiles    (T, K, 6)     six rows of the input side by side; rows beyond M are zero
//   the other arrays as in sparse.ts

import { madd, PANEL_ROW, relu, sumLanes } from './simd';

const TILE: u32 = 6;

/** Spreads compressed rows into tiles; `begin` and `end` are tiles. */
export function packRows(tiles: usize, rows: usize, entries: usize, begin: u32, end: u32, M: u32, K: u32): void {
  const tileBytes = <usize>K * TILE * 4;
  memory.fill(tiles + <usize>begin * tileBytes, 0, <usize>(end - begin) * tileBytes);
  for (let row = begin * TILE; row < min(end * TILE, M); row++) {
    const column = tiles + <usize>(row / TILE) * tileBytes + ((<usize>(row % TILE)) << 2);
    const last = entries + load<u32>(rows + ((<usize>row) << 3), 4);
    for (let at = entries + load<u32>(rows + ((<usize>row) << 3)); at < last; at += 8) {
      store<f32>(column + <usize>(load<u32>(at) / <u32>PANEL_ROW) * (TILE * 4), load<f32>(at, 4));
    }
  }
}

/** activity = relu(tiles · weights + bias), and its goodness; `begin` and `end` are panels. */
export function denseForward(
  activity: usize, goodness: usize, tiles: usize, weights: usize,
  begin: u32, end: u32, M: u32, S: u32, K: u32,
): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  for (let panel = begin; panel < end; panel++) {
    const w = weights + <usize>panel * panelBytes;
    const y = activity + <usize>panel * S * PANEL_ROW;
    const g = goodness + ((<usize>panel * S) << 2);
    memory.fill(g, 0, (<usize>M) << 2);
    for (let quarter: usize = 0; quarter < PANEL_ROW; quarter += 32) {
      for (let row: u32 = 0; row < M; row += TILE) {
        const tile = tiles + <usize>row * K * 4;
        tile6x8(
          y + <usize>row * PANEL_ROW + quarter, g + ((<usize>row) << 2), tile, w + quarter, K, min(TILE, M - row),
        );
      }
    }
  }
}

// Twelve accumulators, two vectors of weights and one broadcast input: all sixteen registers of SSE and no spill.
// @ts-ignore: decorator
@inline
function tile6x8(y: usize, g: usize, tile: usize, w: usize, K: u32, rows: u32): void {
  const bias = w + <usize>K * PANEL_ROW;
  const b0 = v128.load(bias), b1 = v128.load(bias, 16);
  let a00 = b0, a01 = b1, a10 = b0, a11 = b1, a20 = b0, a21 = b1;
  let a30 = b0, a31 = b1, a40 = b0, a41 = b1, a50 = b0, a51 = b1;
  for (let at = w; at < bias; at += PANEL_ROW, tile += 24) {
    const w0 = v128.load(at), w1 = v128.load(at, 16);
    // Always true, see simd.ts: each row gets a block of its own.
    if (at) { const x = v128.load32_splat(tile); a00 = madd(x, w0, a00); a01 = madd(x, w1, a01); }
    if (tile) { const x = v128.load32_splat(tile, 4); a10 = madd(x, w0, a10); a11 = madd(x, w1, a11); }
    if (at) { const x = v128.load32_splat(tile, 8); a20 = madd(x, w0, a20); a21 = madd(x, w1, a21); }
    if (tile) { const x = v128.load32_splat(tile, 12); a30 = madd(x, w0, a30); a31 = madd(x, w1, a31); }
    if (at) { const x = v128.load32_splat(tile, 16); a40 = madd(x, w0, a40); a41 = madd(x, w1, a41); }
    if (tile) { const x = v128.load32_splat(tile, 20); a50 = madd(x, w0, a50); a51 = madd(x, w1, a51); }
  }
  finish(y, g, a00, a01);
  if (rows > 1) finish(y + PANEL_ROW, g + 4, a10, a11);
  if (rows > 2) finish(y + 2 * PANEL_ROW, g + 8, a20, a21);
  if (rows > 3) finish(y + 3 * PANEL_ROW, g + 12, a30, a31);
  if (rows > 4) finish(y + 4 * PANEL_ROW, g + 16, a40, a41);
  if (rows > 5) finish(y + 5 * PANEL_ROW, g + 20, a50, a51);
}

// @ts-ignore: decorator
@inline
function finish(y: usize, g: usize, sum0: v128, sum1: v128): void {
  const a0 = relu(sum0), a1 = relu(sum1);
  v128.store(y, a0);
  v128.store(y, a1, 16);
  store<f32>(g, load<f32>(g) + sumLanes(madd(a1, a1, f32x4.mul(a0, a0))));
}
