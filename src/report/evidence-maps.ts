// Where in images their class is seen: a map of each layer over each image.

import type { EvidenceMap } from './class-evidence.ts';
import { className, escaped, short } from './markup.ts';
import { image, tinted } from './pixels.ts';

/** One example, and the maps of all layers. */
export interface Evidence {
  /** (height, width, channels) bytes. */
  readonly pixels: Uint8Array;
  readonly label: number;
  readonly maps: readonly EvidenceMap[];
}

/** One column an example, one row a layer; empty where the images have neither one channel nor three. */
export function evidenceMaps(
  examples: readonly Evidence[],
  names: readonly string[],
  [height, width, channels = 1]: readonly [height: number, width: number, channels?: number],
): string {
  if (examples.length === 0 || (channels !== 1 && channels !== 3)) return '';
  const cell = (inner: string) => `<td>${inner}</td>`;
  const pictures = examples.map(({ pixels, label }) =>
    cell(image(pixels, height, width, channels, `A ${className(names, label)}`)),
  );
  const layers = examples[0].maps.map(({ layer }, m) => {
    // One scale for a layer: its maps can be compared with each other.
    const full = Math.max(...examples.flatMap(({ maps }) => Array.from(maps[m].values, Math.abs)), 1e-9);
    const maps = examples.map(({ pixels, label, maps }) => {
      const { cells, values } = maps[m];
      const sum = values.reduce((a, b) => a + b, 0);
      const says = `Layer ${layer}, ${className(names, label)}: ${short(Number(sum.toPrecision(3)))} in all`;
      const below = image(greyOf(pixels, channels), height, width, 1, '');
      return cell(
        `<div class="over">${below}${image(tinted(values, cells * cells, full), cells, cells, 4, says, says)}</div>`,
      );
    });
    return `<tr><th scope="row">layer ${layer}</th>${maps.join('')}</tr>`;
  });
  const heads = examples.map(({ label }) => `<th scope="col">${escaped(className(names, label))}</th>`);
  return `<div class="scroll"><table class="hybrids evidence"><thead><tr><td></td>${heads.join('')}</tr></thead><tbody>
<tr><th scope="row">image</th>${pictures.join('')}</tr>
${layers.join('\n')}
</tbody></table></div>`;
}

/** Few levels of grey, which make the files small. */
function greyOf(pixels: Uint8Array, channels: 1 | 3): Uint8Array {
  return Uint8Array.from({ length: pixels.length / channels }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += pixels[i * channels + c];
    return Math.min(255, Math.round(sum / channels / 16) * 16);
  });
}
