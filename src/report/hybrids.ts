// Hybrid images beside what they were made of.

import { image } from './pixels.ts';

/** Bytes of the pictures: (height · width) of the mask, (height · width · channels) of the others. */
export interface Hybrid {
  readonly image: Uint8Array;
  readonly partner: Uint8Array;
  readonly mask: Uint8Array;
  readonly hybrid: Uint8Array;
}

/** One column a hybrid; empty where the images have neither one channel nor three. */
export function hybridPictures(
  hybrids: readonly Hybrid[],
  height: number,
  width: number,
  channels: number,
): string {
  if (channels !== 1 && channels !== 3) return '';
  const row = (name: string, kind: keyof Hybrid) => {
    const cells = hybrids.map(
      hybrid => `<td>${image(hybrid[kind], height, width, kind === 'mask' ? 1 : channels, '')}</td>`,
    );
    return `<tr><th scope="row">${name}</th>${cells.join('')}</tr>`;
  };
  return `<div class="scroll"><table class="hybrids"><tbody>
${row('image', 'image')}
${row('partner', 'partner')}
${row('mask', 'mask')}
${row('<b class="negative">hybrid</b>', 'hybrid')}
</tbody></table></div>`;
}
