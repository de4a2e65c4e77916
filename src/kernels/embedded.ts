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
export function share(module: Uint8Array): void {
  module.set(LIMITS, module.indexOf(Y) + 2);
}

/** The bytes that pairs of hexadecimal digits stand for. */
export function decodeHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}
