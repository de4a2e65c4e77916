// ff predict for a model of digits: which one a picture shows, and how sure each readout is.

import { readDigit } from '../data/image.ts';
import type { Network } from '../network/network.ts';

const SHADES = ' .:-=+*#%@';
const SIDE = 28;

export async function predictDigits(
  network: Network,
  images: readonly string[],
  options: { json?: boolean },
): Promise<void> {
  for (const image of images) {
    const digit = await readDigit(image);
    const { label, goodness, probabilities } = await network.predict(digit);
    if (options.json) {
      console.log(JSON.stringify({ event: 'predicted', image, label, goodness, probabilities }));
      continue;
    }
    console.log(drawing(digit));
    console.log(`${image}: ${label}\n`);
    console.log('  label  goodness  softmax');
    for (let c = 0; c < goodness.length; c++) {
      const share = `${(100 * probabilities[c]).toFixed(1)} %`;
      const mark = c === label ? '  ←' : '';
      console.log(
        `  ${String(c).padStart(5)}  ${goodness[c].toPrecision(4).padStart(8)}  ${share.padStart(7)}${mark}`,
      );
    }
  }
}

/** The digit as the network sees it, two rows of pixels a line of text. */
function drawing(pixels: Uint8Array): string {
  const lines: string[] = [];
  for (let y = 0; y < SIDE; y += 2) {
    let line = '';
    for (let x = 0; x < SIDE; x++) {
      const ink = (pixels[y * SIDE + x] + pixels[(y + 1) * SIDE + x]) / 2;
      line += SHADES[Math.floor((ink / 256) * SHADES.length)];
    }
    lines.push(`  ${line}`);
  }
  return lines.join('\n');
}
