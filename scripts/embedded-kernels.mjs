// What bundles carry of the kernels: one module out of which src/kernels/embedded.ts makes each of the builds, by changing bytes
// where they are. It is the relaxed build with each fused instruction taken apart, and with room for the limits of shared memory.

import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const entryPoints = [fileURLToPath(new URL('../src/kernels/embedded.ts', import.meta.url))];
const { outputFiles } = buildSync({ entryPoints, write: false });
const { declareShared, fuse, packBytes, unpackBytes } = await import(
  `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
);

const [TYPES, IMPORTS, FUNCTIONS, EXPORTS, CODE] = [1, 2, 3, 7, 10];
/** How a module begins: its mark and its version. */
const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const [FUSED, NOP] = ['fd8502', '01'];
// `memory`, which is a memory of at least 0 pages; in as many bytes as it has when it is shared.
const MEMORY = '6d656d6f7279020000';
const WIDE_MEMORY = '6d656d6f727902' + '0080808000';
const SHARED_MEMORY = '6d656d6f727902' + '0301808004';

/** The module to embed of a relaxed build, as text. Throws where what will be made of it is not the build again. */
export function embedded(relaxed) {
  const sections = sectionsOf(relaxed);
  const parameters = parametersOf(sections);
  const code = functionsOf(sections.get(CODE)).map((body, i) => takenApart(body, parameters[i]));
  sections.set(CODE, [
    ...unsigned(code.length),
    ...code.flatMap(body => [...unsigned(body.length), ...body]),
  ]);
  const module = moduleOf(withMemory(sections, WIDE_MEMORY));
  const text = packBytes(module);
  verify(unpackBytes(text), relaxed);
  return text;
}

/** The same module for a memory that threads share: as the compiler makes it for those, which a module without atomic instructions is. */
export function withSharedMemory(module) {
  const shared = moduleOf(withMemory(sectionsOf(module), SHARED_MEMORY));
  const more = bytesOf(SHARED_MEMORY).length - bytesOf(MEMORY).length;
  if (shared.length !== module.length + more) {
    throw new Error('the module with shared memory lacks some of the other');
  }
  return shared;
}

/** Changes what `sections` say of the memory that a module wants. Throws where that is none as the compiler makes it. */
function withMemory(sections, memory) {
  const imports = hex(sections.get(IMPORTS));
  if (!imports.includes(MEMORY)) throw new Error('the module does not import a memory of any size');
  return sections.set(IMPORTS, bytesOf(imports.replace(MEMORY, memory)));
}

function moduleOf(sections) {
  const parts = [...sections].flatMap(([id, content]) => [id, ...unsigned(content.length), ...content]);
  return Buffer.from([...HEAD, ...parts]);
}

/** Characters that a piece has at least: more of shorter ones are no smaller. */
const PIECE = 64;

/** An expression that makes the text `whole` out of the text `base`, which the variable `name` has. */
export function madeOf(base, whole, name) {
  const terms = [];
  let added = '';
  for (let at = 0; at < whole.length; ) {
    const from = base.indexOf(whole.slice(at, at + PIECE));
    if (from < 0) {
      added += whole[at++];
      continue;
    }
    let length = 0;
    while (at + length < whole.length && base[from + length] === whole[at + length]) length++;
    terms.push(JSON.stringify(added), `${name}.slice(${from},${from + length})`);
    added = '';
    at += length;
  }
  return [...terms, JSON.stringify(added)].join('+');
}

/** A function's body with a local more, which each fused instruction sets aside what it adds in. */
function takenApart(body, parameters) {
  const { groups, at } = localsOf(body);
  const local = groups.reduce((sum, [count]) => sum + count, parameters);
  // Always in two bytes, so that all are of one length and nothing else looks like them.
  const index = [0x80 | (local & 0x7f), local >> 7];
  const apart = [0x21, ...index, 0xfd, 0xe6, 0x01, 0x20, ...index, 0xfd, 0xe4, 0x01];
  const list = instructionsOf(body, at);
  if (!list.includes(FUSED)) return body;
  const code = list.flatMap(instruction => (instruction === FUSED ? apart : [...bytesOf(instruction)]));
  const locals = [...groups, [1, 0x7b]].flatMap(([count, type]) => [...unsigned(count), type]);
  return [...unsigned(groups.length + 1), ...locals, ...code];
}

/** Throws unless what is made of it are the instructions of the relaxed build, with no-ops among them, and its shared memory. */
function verify(module, relaxed) {
  const made = Buffer.from(module);
  fuse(made);
  declareShared(made);
  const [sections, expected] = [made, relaxed].map(sectionsOf);
  withMemory(expected, SHARED_MEMORY);
  for (const id of [TYPES, IMPORTS, FUNCTIONS, EXPORTS]) {
    if (hex(sections.get(id)) !== hex(expected.get(id)))
      throw new Error(`section ${id} of the module to embed differs`);
  }
  const [code, original] = [sections, expected].map(of =>
    functionsOf(of.get(CODE)).map(body => instructionsOf(body, localsOf(body).at).filter(one => one !== NOP)),
  );
  if (`${code}` !== `${original}`) throw new Error('the code of the module to embed differs');
  if (!WebAssembly.validate(module)) throw new Error('the module to embed is not valid');
}

function parametersOf(sections) {
  const types = [];
  let [count, at] = readUnsigned(sections.get(TYPES), 0);
  for (; count > 0; count--) {
    const [parameters, first] = readUnsigned(sections.get(TYPES), at + 1);
    const [results, next] = readUnsigned(sections.get(TYPES), first + parameters);
    types.push(parameters);
    at = next + results;
  }
  const functions = sections.get(FUNCTIONS);
  [count, at] = readUnsigned(functions, 0);
  return Array.from({ length: count }, () => {
    const [type, next] = readUnsigned(functions, at);
    at = next;
    return types[type];
  });
}

/** The sections of a module, by number: the bytes of each. */
function sectionsOf(module) {
  const sections = new Map();
  for (let at = 8; at < module.length; ) {
    const [length, first] = readUnsigned(module, at + 1);
    sections.set(module[at], module.subarray(first, first + length));
    at = first + length;
  }
  return sections;
}

function functionsOf(section) {
  let [count, at] = readUnsigned(section, 0);
  return Array.from({ length: count }, () => {
    const [length, first] = readUnsigned(section, at);
    at = first + length;
    return section.subarray(first, at);
  });
}

/** The locals of a function's body, as counts of each type, and where its code begins. */
function localsOf(body) {
  let [count, at] = readUnsigned(body, 0);
  const groups = Array.from({ length: count }, () => {
    const [locals, next] = readUnsigned(body, at);
    at = next + 1;
    return [locals, body[next]];
  });
  return { groups, at };
}

/** The instructions of a body, from `at` on, each in hexadecimal digits. */
function instructionsOf(body, at) {
  const list = [];
  while (at < body.length) {
    const end = instructionEnd(body, at);
    list.push(hex(body.subarray(at, end)));
    at = end;
  }
  return list;
}

function instructionEnd(code, at) {
  const opcode = code[at++];
  const afterNumber = from => readUnsigned(code, from)[1];
  const afterMemory = from => afterNumber(afterNumber(from));
  if ([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(opcode) || (opcode >= 0x45 && opcode <= 0xc4))
    return at;
  // Blocks, branches, calls, variables, whole constants.
  if ([0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0x41, 0x42].includes(opcode) || (opcode >= 0x20 && opcode <= 0x24))
    return afterNumber(at);
  if (opcode >= 0x28 && opcode <= 0x3e) return afterMemory(at);
  if (opcode === 0x43) return at + 4;
  if (opcode === 0x44) return at + 8;
  // Whole numbers of floats, with saturation; copying and filling memory.
  if (opcode === 0xfc && code[at] <= 0x07) return at + 1;
  if (opcode === 0xfc && code[at] === 0x0a) return at + 3;
  if (opcode === 0xfc && code[at] === 0x0b) return at + 2;
  if (opcode !== 0xfd) throw new Error(`unknown instruction ${opcode.toString(16)} ${code[at].toString(16)}`);
  const [vector, next] = readUnsigned(code, at);
  if (vector <= 0x0b || vector === 0x5c || vector === 0x5d) return afterMemory(next);
  if (vector === 0x0c || vector === 0x0d) return next + 16;
  if (vector >= 0x15 && vector <= 0x22) return next + 1;
  if (vector >= 0x54 && vector <= 0x5b) return afterMemory(next) + 1;
  return next;
}

function readUnsigned(bytes, at) {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
  }
}

function unsigned(value) {
  return value < 128 ? [value] : [0x80 | (value & 0x7f), ...unsigned(value >> 7)];
}

const hex = bytes => Buffer.from(bytes).toString('hex');
const bytesOf = digits => Buffer.from(digits, 'hex');
