// The builds of the kernels out of the one module that bundles carry with them (scripts/embedded-kernels.mjs makes it and checks
// that this gives the builds again): bytes are replaced by as many others, so that nothing around them changes.

/** `local.set t`, `f32x4.mul`, `local.get t`, `f32x4.add`; −1 is any byte, of the two that t has. */
const APART = [0x21, -1, -1, 0xfd, 0xe6, 0x01, 0x20, -1, -1, 0xfd, 0xe4, 0x01];
/** `f32x4.relaxed_madd`, and no-ops. */
const FUSED = [0xfd, 0x85, 0x02, 1, 1, 1, 1, 1, 1, 1, 1, 1];
/** Shared, from 1 page to 65536. */
const LIMITS = [0x03, 0x01, 0x80, 0x80, 0x04];
/** The first y of a module is the one of its import, `memory`; its kind and its limits follow. */
const Y = 0x79;

/** Makes the relaxed build of the embedded one. */
export function fuse(module: Uint8Array): void {
  for (let at = 0; at < module.length; at++) {
    if (APART.every((byte, i) => byte < 0 || byte === module[at + i])) module.set(FUSED, at);
  }
}

/** Lets a build have memory that is shared among threads. */
export function declareShared(module: Uint8Array): void {
  module.set(LIMITS, module.indexOf(Y) + 2);
}

// Bytes as text that gzip makes as small as the bytes themselves, which it does not of base64: one character for each of the 80
// bytes that are most frequent, which are neighbours, and two for the others. None is a quote or a backslash.
const ALONE = 80;
const MOST_FREQUENT = 252;
const FIRST = 35;
const BACKSLASH = 92;

/** `bytes` as text, for a script that carries them. */
export function packBytes(bytes: Uint8Array): string {
  const character = (digit: number) => {
    const code = digit + FIRST;
    return String.fromCharCode(code < BACKSLASH ? code : code + 1);
  };
  return Array.from(bytes, byte => {
    const rank = (byte - MOST_FREQUENT) & 0xff;
    const others = Math.floor(rank / ALONE);
    return (others > 0 ? character(ALONE - 1 + others) : '') + character(rank % ALONE);
  }).join('');
}

/** The bytes that encodeText made `text` of. */
export function unpackBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rank = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code - FIRST - (code > BACKSLASH ? 1 : 0);
    if (digit >= ALONE) {
      rank = (digit - ALONE + 1) * ALONE;
    } else {
      bytes.push(rank + digit + MOST_FREQUENT);
      rank = 0;
    }
  }
  return Uint8Array.from(bytes);
}
