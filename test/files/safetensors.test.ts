// Safetensors: golden bytes, what each kind of damage is called, and a reader that knows only the format.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { checksum } from '../../src/files/checksum.ts';
import { readBytes } from '../../src/files/read.ts';
import { encodeSafetensors, parseSafetensors, type Tensor } from '../../src/files/safetensors.ts';
import { writeFileSafely } from '../../src/files/write.ts';
import { unchecked } from '../support/files.ts';

const tensors: Tensor[] = [
  { name: 'labels', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) },
  { name: 'layer0.weight', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 3.25) },
  { name: 'step', dtype: 'U32', shape: [], data: Uint32Array.of(4_000_000_000) },
  { name: 'weight', dtype: 'I8', shape: [1, 2], data: Int8Array.of(-127, 5) },
];

/** A file with `header` as it stands, then `body`. */
function file(header: unknown, body: ArrayLike<number> = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}

function complaint(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('expected an InputError');
}

test('the bytes are those of the format, with the tensors of four bytes first', () => {
  const bytes = Buffer.concat(encodeSafetensors(tensors, { by: 'us' }));
  const header =
    '{"__metadata__":{"by":"us","checksums":"{\\"layer0.weight\\":\\"7ad874d0\\",\\"step\\":\\"d6a1b557\\",' +
    '\\"labels\\":\\"e1b73e2a\\",\\"weight\\":\\"132b4f7a\\"}"},' +
    '"layer0.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},' +
    '"step":{"dtype":"U32","shape":[],"data_offsets":[16,20]},' +
    '"labels":{"dtype":"U8","shape":[3],"data_offsets":[20,23]},' +
    '"weight":{"dtype":"I8","shape":[1,2],"data_offsets":[23,25]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  expect(bytes.readBigUInt64LE()).toBe(BigInt(padded.length));
  expect(bytes.toString('latin1', 8, 8 + padded.length)).toBe(padded);
  expect(bytes.toString('hex', 8 + padded.length)).toBe(
    `${'0000c03f'}${'000000c0'}${'00000000'}${'00005040'}${'00286bee'}${'0102ff'}${'8105'}`,
  );
});

test('the data begins at a multiple of 8 whatever the length of the header', () => {
  for (let length = 0; length < 8; length++) {
    const [head] = encodeSafetensors(tensors, { pad: 'x'.repeat(length) });
    expect(head.length % 8).toBe(0);
  }
});

test('the chunks share memory with the tensors, also where that is a part of something shared', () => {
  const memory = new Float32Array(new SharedArrayBuffer(64)).fill(9);
  const part = memory.subarray(4, 6);
  const chunks = encodeSafetensors([{ name: 'w', dtype: 'F32', shape: [2], data: part }], {});
  expect(chunks[1].buffer).toBe(memory.buffer);
  expect(parseSafetensors(Buffer.concat(chunks), 'm').tensors.get('w')?.data).toEqual(Float32Array.of(9, 9));
});

test('what is written is read, from a file too and at any offset in a buffer', async () => {
  const chunks = encodeSafetensors(tensors, { recipe: 'label', note: 'grüß "x"\n' });
  const folder = await mkdtemp(join(tmpdir(), 'ff-safetensors-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'model.safetensors');
  await writeFileSafely(path, chunks);
  const bytes = Buffer.concat(chunks);
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  for (const read of [
    parseSafetensors(await readBytes(path), path),
    parseSafetensors(moved.subarray(3), 'moved'),
  ]) {
    expect([...read.tensors.keys()]).toEqual(['layer0.weight', 'step', 'labels', 'weight']);
    for (const tensor of tensors) expect(read.tensors.get(tensor.name)).toEqual(tensor);
    expect({ ...read.metadata }).toEqual({ recipe: 'label', note: 'grüß "x"\n' });
  }
});

test('no tensors, empty tensors and no metadata are sound', () => {
  expect(parseSafetensors(Buffer.concat(encodeSafetensors([], {})), 'm').tensors.size).toBe(0);
  const empty: Tensor = { name: 'e', dtype: 'F32', shape: [0, 5], data: new Float32Array() };
  const read = parseSafetensors(Buffer.concat(encodeSafetensors([empty, ...tensors], {})), 'm');
  expect(read.tensors.get('e')).toEqual(empty);
  expect(Object.keys(parseSafetensors(file({}), 'm').metadata)).toEqual([]);
});

test('names of Object.prototype are names like others', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const odd = names.map((name): Tensor => ({ name, dtype: 'U8', shape: [1], data: Uint8Array.of(1) }));
  const metadata = JSON.parse('{"__proto__":"p","constructor":"c"}');
  const read = parseSafetensors(Buffer.concat(encodeSafetensors(odd, metadata)), 'm');
  expect([...read.tensors.keys()].sort()).toEqual([...names].sort());
  expect(Object.entries(read.metadata)).toEqual([
    ['__proto__', 'p'],
    ['constructor', 'c'],
  ]);
  expect(read.metadata.toString).toBeUndefined();
  expect(({} as Record<string, unknown>).dtype).toBeUndefined();
});

test.each<[string, Tensor[], string]>([
  ['a name twice', [tensors[0], tensors[0]], 'tensor "labels": expected a name that is not taken; rename it'],
  [
    'the name of the metadata',
    [{ ...tensors[0], name: '__metadata__' }],
    'tensor "__metadata__": expected a name that is not taken; rename it',
  ],
  [
    'a shape that does not fit',
    [{ ...tensors[0], shape: [2, 2] }],
    'tensor "labels": expected Uint8Array of 4 values for U8 of shape [2,2], found Uint8Array of 3',
  ],
  [
    'an array that does not fit',
    [{ ...tensors[0], dtype: 'F32' }],
    'tensor "labels": expected Float32Array of 3 values for F32 of shape [3], found Uint8Array of 3',
  ],
])('%s is not written', (_, wrong, message) => {
  expect(complaint(() => encodeSafetensors(wrong, {}))).toBe(message);
});

const u8 = (begin: number, end: number, shape = [end - begin]) => ({
  dtype: 'U8',
  shape,
  data_offsets: [begin, end],
});

test.each<[string, Uint8Array, string]>([
  ['a stub', new Uint8Array(7), 'm: not a safetensors file: expected at least 8 bytes, found 7'],
  [
    'a header past the end',
    file('{}').subarray(0, 9),
    'm: truncated: a header of 2 bytes needs 10 bytes, found 9; fetch the file again',
  ],
  [
    'a huge header',
    new Uint8Array(16).fill(255),
    'm: not a safetensors file: it does not begin with the length of a header',
  ],
  ['a list as header', file('[]'), 'm: its header must be an object, found []'],
  ['null as header', file('null'), 'm: its header must be an object, found null'],
  ['text as header', file('"abc"'), 'm: its header must be an object, found "abc"'],
  ['metadata of numbers', file({ __metadata__: { a: 1 } }), 'm: metadata "a" must be a text, found 1'],
  ['metadata that are null', file({ __metadata__: null }), 'm: __metadata__ must be an object, found null'],
  [
    'metadata that are a list',
    file({ __metadata__: ['a'] }),
    'm: __metadata__ must be an object, found ["a"]',
  ],
  ['an entry that is a number', file({ w: 3 }), 'm: tensor "w" must be an object, found 3'],
  [
    'an unknown dtype',
    file({ w: { ...u8(0, 1), dtype: 'BF16' } }, [1]),
    'm: tensor "w": its dtype must be F32, U32, I8 or U8 (convert others), found "BF16"',
  ],
  [
    'a dtype from Object.prototype',
    file({ w: { ...u8(0, 1), dtype: 'constructor' } }, [1]),
    'm: tensor "w": its dtype must be F32, U32, I8 or U8 (convert others), found "constructor"',
  ],
  [
    'a shape below zero',
    file({ w: u8(0, 1, [-1]) }, [1]),
    'm: tensor "w": its shape must be sizes, found [-1]',
  ],
  [
    'a broken shape',
    file({ w: u8(0, 1, [0.5, 2]) }, [1]),
    'm: tensor "w": its shape must be sizes, found [0.5,2]',
  ],
  [
    'no shape',
    file({ w: { dtype: 'U8', data_offsets: [0, 1] } }, [1]),
    'm: tensor "w": its shape must be sizes, found undefined',
  ],
  [
    'one offset',
    file({ w: { ...u8(0, 1), data_offsets: [0] } }, [1]),
    'm: tensor "w": its data_offsets must be two sizes, found [0]',
  ],
  [
    'offsets in reverse',
    file({ w: { ...u8(0, 1), data_offsets: [1, 0] } }, [1]),
    'm: tensor "w": its data_offsets must be 1 apart for U8 of shape [1], found [1,0]',
  ],
  [
    'a shape that does not fit',
    file({ w: { ...u8(0, 4), dtype: 'F32', shape: [4] } }, [1, 2, 3, 4]),
    'm: tensor "w": its data_offsets must be 16 apart for F32 of shape [4], found [0,4]',
  ],
  [
    'two tensors in one place',
    file({ a: u8(0, 2), b: u8(0, 2) }, [1, 2]),
    'm: tensor "b" overlaps the tensor before it: expected data offset 2, found 0; fetch the file again',
  ],
  [
    'an overlap',
    file({ a: u8(0, 2), b: u8(1, 3) }, [1, 2, 3]),
    'm: tensor "b" overlaps the tensor before it: expected data offset 2, found 1; fetch the file again',
  ],
  [
    'a hole',
    file({ b: u8(3, 4), a: u8(0, 2) }, [1, 2, 3, 4]),
    'm: tensor "b" leaves a hole before it: expected data offset 2, found 3; fetch the file again',
  ],
  [
    'a hole at the start',
    file({ a: u8(1, 2) }, [1, 2]),
    'm: tensor "a" leaves a hole before it: expected data offset 0, found 1; fetch the file again',
  ],
  [
    'a name given twice',
    file(`{"a":${JSON.stringify(u8(0, 2))},"a":${JSON.stringify(u8(2, 3))}}`, [1, 2, 3]),
    'm: tensor "a" leaves a hole before it: expected data offset 0, found 2; fetch the file again',
  ],
  ['a cut', file({ a: u8(0, 2) }, [1]), 'm: truncated: expected 63 bytes, found 62; fetch the file again'],
  [
    'an end too far',
    file({ a: u8(0, 2) }, [1, 2, 3]),
    'm: trailing bytes: expected 63 bytes, found 64; fetch the file again',
  ],
])('%s is refused', (_, bytes, message) => {
  expect(complaint(() => parseSafetensors(bytes, 'm'))).toBe(message);
});

test('a header that is no JSON or no UTF-8 is refused', () => {
  expect(complaint(() => parseSafetensors(file('{"a":'), 'm'))).toMatch(/^m: its header must be JSON: /);
  const latin = file('{"a": 1}');
  latin[10] = 0xe9;
  expect(complaint(() => parseSafetensors(latin, 'm'))).toMatch(/^m: its header must be JSON: .*utf-8/);
});

test('a shape or dtype nested without end is refused like any other', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const shape = file(`{"w":{"dtype":"U8","shape":${deep},"data_offsets":[0,1]}}`);
  expect(complaint(() => parseSafetensors(shape, 'm'))).toBe(
    'm: tensor "w": its shape must be sizes, found an array that JSON cannot tell',
  );
  const dtype = file(`{"w":{"dtype":${deep},"shape":[1],"data_offsets":[0,1]}}`);
  expect(complaint(() => parseSafetensors(dtype, 'm'))).toBe(
    'm: tensor "w": its dtype must be F32, U32, I8 or U8 (convert others), found an array that JSON cannot tell',
  );
});

test('a changed bit of any tensor is told, and one that is left unchecked is not', () => {
  const bytes = Buffer.concat(encodeSafetensors(tensors, { by: 'us' }));
  const begin = 8 + Number(bytes.readBigUInt64LE());
  for (let at = begin; at < bytes.length; at++) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] ^= 1 << (at % 8);
    expect(complaint(() => parseSafetensors(damaged, 'm'))).toMatch(
      /^m: tensor "(layer0\.weight|step|labels|weight)" is damaged: its checksum is another one; fetch the file again, or leave "checksums" out/,
    );
  }
  const text = bytes.toString('latin1');
  const unnamed = Buffer.from(text.replace('\\"step\\"', '\\"stop\\"'), 'latin1');
  expect(complaint(() => parseSafetensors(unnamed, 'm'))).toMatch(/tensor "step" is damaged/);
  const broken = Buffer.from(text.replace('{\\"layer0', '[\\"layer0'), 'latin1');
  expect(complaint(() => parseSafetensors(broken, 'm'))).toMatch(/its checksums are not JSON/);
  expect(parseSafetensors(unchecked(bytes), 'm')).toEqual(parseSafetensors(bytes, 'm'));
});

test('checksums are those of ZIP and PNG', () => {
  for (const length of [0, 1, 2, 255, 256, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * i + 7 * length);
    expect(checksum(bytes)).toBe(crc32(bytes).toString(16).padStart(8, '0'));
  }
});

test('a missing file is named', async () => {
  await expect(readBytes('/nowhere/m')).rejects.toThrow(
    new InputError('cannot read /nowhere/m: no such file or folder; check the path'),
  );
});

test('five thousand damaged files parse or are refused, quickly', () => {
  const checked = Buffer.concat(encodeSafetensors(tensors, { by: 'us' }));
  const seeds = [checked, unchecked(checked)];
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const letters = Buffer.from('0123456789[]{}",:-. FU8\0\xff', 'latin1');
  const outcomes = { parsed: 0, refused: 0 };
  const begin = performance.now();
  for (let round = 0; round < 5000; round++) {
    const seed = seeds[round % 2];
    const bytes = Uint8Array.from(seed.subarray(0, random(8) === 0 ? random(seed.length) : seed.length));
    for (let change = 1 + random(3); change > 0 && bytes.length > 0; change--) {
      // Half of the changes beyond the length, which would otherwise end most files early.
      const from = random(2) === 0 ? Math.min(8, bytes.length - 1) : 0;
      bytes[from + random(bytes.length - from)] = letters[random(letters.length)];
    }
    try {
      const { tensors: read, metadata } = parseSafetensors(bytes, 'fuzz');
      for (const { shape, data } of read.values()) {
        expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      }
      expect(Object.values(metadata).every(value => typeof value === 'string')).toBe(true);
      outcomes.parsed++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      outcomes.refused++;
    }
  }
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(outcomes.parsed).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(1000);
});

const reader = `
import json, struct, sys, zlib
with open(sys.argv[1], 'rb') as f: raw = f.read()
length, = struct.unpack_from('<Q', raw)
header = json.loads(raw[8:8 + length])
out = {'metadata': header.pop('__metadata__')}
checksums = json.loads(out['metadata'].pop('checksums'))
for name, t in header.items():
    begin, end = t['data_offsets']
    code = {'F32': 'f', 'U32': 'I', 'I8': 'b', 'U8': 'B'}[t['dtype']]
    size = struct.calcsize(code)
    assert begin % size == 0
    assert '%08x' % zlib.crc32(raw[8 + length:][begin:end]) == checksums[name]
    values = struct.unpack('<%d%s' % ((end - begin) // size, code), raw[8 + length:][begin:end])
    out[name] = {'shape': t['shape'], 'values': values}
print(json.dumps(out))
`;
const hasPython = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!hasPython)('Python reads our file with nothing but struct and json', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-safetensors-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'model.safetensors');
  await writeFileSafely(path, encodeSafetensors(tensors, { by: 'us', note: 'grüß' }));
  expect(JSON.parse(execFileSync('python3', ['-c', reader, path], { encoding: 'utf8' }))).toEqual({
    metadata: { by: 'us', note: 'grüß' },
    'layer0.weight': { shape: [2, 2], values: [1.5, -2, 0, 3.25] },
    step: { shape: [], values: [4_000_000_000] },
    labels: { shape: [3], values: [1, 2, 255] },
    weight: { shape: [1, 2], values: [-127, 5] },
  });
});
