// Files as NumPy writes them.

/** What numpy.save writes. */
export function npy(
  descr: string,
  shape: readonly number[],
  values: Uint8Array,
  isColumnMajor = false,
): Uint8Array {
  const order = isColumnMajor ? 'True' : 'False';
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')},), }`;
  const header = `${text.padEnd(117)}\n`;
  const head = Buffer.alloc(10);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), values]);
}
