// ff predict for a model of digits: which one a picture shows, and how sure each readout is.

import { readDigit } from '../data/images/read-digit.ts';
import type { Network } from '../network/network.ts';
import { print, printJson } from './output.ts';
import { visible } from './text.ts';

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
    // A network that is not given labels has no goodness of any: it answers by its softmax alone.
    const hasGoodness = goodness.length > 0;
    if (options.json) {
      printJson({ event: 'predicted', image, label, ...(hasGoodness && { goodness }), probabilities });
      continue;
    }
    print(drawing(digit));
    print(`${visible(image)}: ${label}\n`);
    const measure = network.session.recipe.learning.kind === 'classes' ? 'log probability' : 'goodness';
    print(`  label  ${hasGoodness ? `${measure}  ` : ''}softmax`);
    probabilities.forEach((probability, c) => {
      const number = hasGoodness ? `${goodness[c].toPrecision(4).padStart(measure.length)}  ` : '';
      const share = `${(100 * probability).toFixed(1)} %`.padStart(7);
      print(`  ${String(c).padStart(5)}  ${number}${share}${c === label ? '  ←' : ''}`);
    });
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
