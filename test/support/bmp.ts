// BMP as programs write it.

export interface Bmp {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** (height, width) places in `colours`. */
  readonly indices: readonly number[];
  /** Red, green and blue of each. */
  readonly colours: readonly (readonly number[])[];
  readonly isTopDown?: boolean;
  /** With masks, for 32 bits: red in the lowest. */
  readonly hasFields?: boolean;
  /** With the header of OS/2. */
  readonly isOld?: boolean;
}

export function bmp(image: Bmp): Uint8Array {
  const { width, height, depth, indices, colours, isTopDown, hasFields, isOld } = image;
  const palette = depth > 8 ? [] : colours;
  const headerBytes = isOld ? 12 : 40;
  // The oldest header cannot say that there are fewer.
  const places = isOld ? 2 ** depth : palette.length;
  const begin = 14 + headerBytes + (hasFields ? 12 : places * (isOld ? 3 : 4));
  const rowBytes = Math.ceil((width * depth) / 32) * 4;
  const file = Buffer.alloc(begin + rowBytes * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(begin, 10);
  file.writeUInt32LE(headerBytes, 14);
  if (isOld) {
    file.writeUInt16LE(width, 18);
    file.writeUInt16LE(height, 20);
    file.writeUInt16LE(1, 22);
    file.writeUInt16LE(depth, 24);
  } else {
    file.writeInt32LE(width, 18);
    file.writeInt32LE(isTopDown ? -height : height, 22);
    file.writeUInt16LE(1, 26);
    file.writeUInt16LE(depth, 28);
    file.writeUInt32LE(hasFields ? 3 : 0, 30);
    file.writeUInt32LE(palette.length, 46);
  }
  palette.forEach(([red, green, blue], i) => {
    file.set([blue, green, red], 14 + headerBytes + i * (isOld ? 3 : 4));
  });
  if (hasFields) [0xff, 0xff00, 0xff0000].forEach((mask, c) => void file.writeUInt32LE(mask, 54 + 4 * c));
  indices.forEach((index, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const row = begin + (isTopDown ? y : height - 1 - y) * rowBytes;
    const [red, green, blue] = colours[index];
    if (depth === 32) file.set(hasFields ? [red, green, blue, 9] : [blue, green, red, 9], row + 4 * x);
    else if (depth === 24) file.set([blue, green, red], row + 3 * x);
    else if (depth === 16) {
      file.writeUInt16LE(((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3), row + 2 * x);
    } else {
      const perByte = 8 / depth;
      file[row + Math.floor(x / perByte)] |= index << (8 - depth * (1 + (x % perByte)));
    }
  });
  return file;
}
