// CRC-32, as ZIP and PNG have it, so that other programs can check it, too.

const POLYNOMIAL = 0xedb88320;

let table: Int32Array | undefined;

/** The CRC-32 of `bytes`, as eight hexadecimal digits. */
export function checksum(bytes: Uint8Array): string {
  table ??= Int32Array.from({ length: 256 }, (_, value) => {
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 && POLYNOMIAL);
    return value;
  });
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return (~crc >>> 0).toString(16).padStart(8, '0');
}
