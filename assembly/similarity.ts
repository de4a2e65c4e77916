// How alike two images of a batch are to a layer: the cosine of what its map to classes reads of them, their means taken off.
//
//   rows, entries (M)           what the map reads, compressed rows of K inputs as in sparse.ts
//   columns       (P, K+1, 32)  image j in lane j % 32 of panel j / 32, over its length: as weights lie, without bias
//   lengths       (M)           of an image, its mean taken off
//   products      (P, S, 32)    rows · columns, which is length · cosine since a column has no mean
//
// `begin` and `end` are images.

import { PANEL_ROW } from './simd';

/** Writes images as columns. Inputs that are gaps count as units that are off. */
export function writeColumns(
  columns: usize, lengths: usize, rows: usize, entries: usize, begin: u32, end: u32, K: u32,
): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  for (let image = begin; image < end; image++) {
    const last = entries + load<u32>(rows + ((<usize>image) << 3), 4);
    const first = entries + load<u32>(rows + ((<usize>image) << 3));
    let sum: f64 = 0, squares: f64 = 0;
    for (let at = first; at < last; at += 8) {
      const value = <f64>load<f32>(at, 4);
      sum += value;
      squares += value * value;
    }
    const mean = sum / K;
    const length = sqrt<f64>(max<f64>(0, squares - sum * mean));
    store<f32>(lengths + ((<usize>image) << 2), <f32>length);
    const scale: f64 = length > 0 ? 1 / length : 0;
    const column = columns + <usize>(image >> 5) * panelBytes + ((image & 31) << 2);
    const off = <f32>(-mean * scale);
    for (let to = column; to < column + <usize>K * PANEL_ROW; to += PANEL_ROW) store<f32>(to, off);
    for (let at = first; at < last; at += 8) {
      store<f32>(column + load<u32>(at), <f32>((<f64>load<f32>(at, 4) - mean) * scale));
    }
  }
}

/**
 * How each image wants to be drawn to the others, uphill: strength · (wanted − cosine), where `wanted` is 1 for images of the same label
 * and `unlike` for others, through the division by its length.
 *
 *   gradient (P, S, 32)  of M images; zero beyond
 *   labels   (M)         u32
 */
export function similarityGradient(
  gradient: usize, products: usize, lengths: usize, labels: usize, begin: u32, end: u32, M: u32, P: u32, S: u32,
  strength: f32, unlike: f32,
): void {
  for (let image = begin; image < end; image++) {
    const label = load<u32>(labels + ((<usize>image) << 2));
    const length = load<f32>(lengths + ((<usize>image) << 2));
    const scale: f32 = length > 0 ? 1 / length : 0;
    let along: f32 = 0;
    for (let other: u32 = 0; other < P * 32; other++) {
      const place = (<usize>(other >> 5) * S + image) * PANEL_ROW + ((other & 31) << 2);
      let pull: f32 = 0;
      if (other < M) {
        const cosine = scale * load<f32>(products + place);
        const wanted: f32 = load<u32>(labels + ((<usize>other) << 2)) == label ? 1 : unlike;
        pull = strength * (wanted - cosine);
        along += pull * cosine;
      }
      store<f32>(gradient + place, pull * scale);
    }
    // Lengthening an image does not make it more alike.
    const own = gradient + (<usize>(image >> 5) * S + image) * PANEL_ROW + ((image & 31) << 2);
    store<f32>(own, load<f32>(own) - along * scale);
  }
}
