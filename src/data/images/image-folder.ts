// A folder of images as somebody's own data: with a folder for each class, with such folders in train, val and test, or without
// classes. What is guessed from names and left out is said in notes; no class vanishes without an error.

import { extname } from 'node:path';
import { InputError } from '../../errors.ts';
import type { FileInFolder, Folder } from '../../files/folder.ts';
import type { OpenedData } from '../examples/examples.ts';
import { few, type Note } from '../notes.ts';
import { decodeFiles, FORMATS, isImage, isImageFile, within } from './image-files.ts';
import type { ImageOptions } from './images.ts';
import { sizeNotes, stackPictures } from './stack-images.ts';

/** Names of the parts of a data set, alone or as the last word of a name, such as `seg_train`. */
const roles = {
  train: /^(.*[-_])?train(ing)?([-_ ]?(set|data|images))?$/i,
  validation: /^(.*[-_])?(val|valid|validation|dev)([-_ ]?(set|data|images))?$/i,
  test: /^(.*[-_])?test(ing)?([-_ ]?(set|data|images))?$/i,
} as const;
const MOST_SHOWN = 8;

/** A folder whose files are told apart. */
interface Sorted {
  readonly name: string;
  readonly path: string;
  readonly folders: readonly Sorted[];
  readonly images: readonly FileInFolder[];
  readonly others: readonly FileInFolder[];
  /** Whether there are images in it, however deep. */
  readonly hasImages: boolean;
}

/** What is to be read, and what was found beside it. */
interface Gathered {
  /** The class folders; none where images have no class. */
  readonly classes: readonly Sorted[];
  readonly files: readonly { readonly file: FileInFolder; readonly label?: string }[];
  readonly skipped: readonly FileInFolder[];
  readonly notes: readonly Note[];
}

/**
 * Reads the images of a folder. Those in a folder for each class are labelled by its name; where there are folders train and
 * test (and val), each with a folder for each class, the latter are to test on. All become one size, as the options say. Throws an
 * InputError that names the files which cannot be read (with `skipBad` they are left out), or the classes without an image.
 */
export async function readImageFolder(folder: Folder, options: ImageOptions = {}): Promise<OpenedData> {
  const all = await sorted(folder);
  const name = all.path;
  if (!all.hasImages) {
    throw new InputError(
      `${name}: expected images (${FORMATS}) in a folder for each class, found ${kinds(filesOf(all), name)}`,
    );
  }
  const { train, test } = partsOf(all);
  const files = [...train.files, ...(test?.files ?? [])].map(({ file }) => file);
  const { pictures, notes } = await decodeFiles(files, name, options.skipBad);
  const stacked = (part: Gathered, partName: string, size: ImageOptions['size'], more: readonly Note[]) => {
    const read = part.files.filter(({ file }) => pictures.has(file));
    const labels = new Set(read.map(({ label }) => label));
    refuseEmpty(
      part.classes.filter(folder => !labels.has(folder.name)),
      name,
    );
    const list = read.map(({ file }) => pictures.get(file)!);
    const images = stackPictures(list, partName, { ...options, size });
    return {
      ...images,
      ...(part.classes.length > 0 && { labels: read.map(({ label }) => label!) }),
      sources: read.map(({ file }) => file.path),
      notes: [...part.notes, ...more, ...skippedNotes(part.skipped, name), ...sizeNotes(list, images, size)],
    };
  };
  const examples = stacked(train, name, options.size, notes);
  if (!test) return { examples };
  // Those to test on become as large as those that are learned from.
  return { examples, test: stacked(test, `${name}, test part`, examples, []) };
}

/** Tells the files of a folder apart. A file without an ending is looked into. */
async function sorted({ name, path, folders, files }: Folder): Promise<Sorted> {
  const inside: Sorted[] = [];
  for (const folder of folders) inside.push(await sorted(folder));
  const [images, others]: [FileInFolder[], FileInFolder[]] = [[], []];
  for (const file of files) {
    const isWanted =
      file.isLost ||
      isImageFile(file.name) ||
      (extname(file.name) === '' && isImage(await file.read().catch(() => new Uint8Array())));
    (isWanted ? images : others).push(file);
  }
  const hasImages = images.length > 0 || inside.some(folder => folder.hasImages);
  return { name, path, folders: inside, images, others, hasImages };
}

function imagesOf({ images, folders }: Sorted): FileInFolder[] {
  return [...images, ...folders.flatMap(imagesOf)];
}

function othersOf({ others, folders }: Sorted): FileInFolder[] {
  return [...others, ...folders.flatMap(othersOf)];
}

function filesOf(folder: Sorted): FileInFolder[] {
  return [...imagesOf(folder), ...othersOf(folder)];
}

/** What is learned from and, where the names of folders say so, what is to test on. */
function partsOf(all: Sorted): { train: Gathered; test?: Gathered } {
  const { inner, ...around } = unwrapped(all);
  const inRole = (role: keyof typeof roles) => inner.folders.filter(({ name }) => roles[role].test(name));
  const [train, validation, test] = [inRole('train'), inRole('validation'), inRole('test')];
  if (train.length === 0 && validation.length > 0 && test.length > 0) {
    throw new InputError(
      `${inner.path}: expected a folder train beside ${namesOf(inner.folders)}: add it, or give one of them`,
    );
  }
  const outer = { ...around, classes: [], files: [] };
  if (train.length === 0 || validation.length + test.length === 0) {
    return { train: joined([outer, gather(inner)]) };
  }
  const known = [...train, ...validation, ...test];
  const rest = inner.folders.filter(folder => !known.includes(folder));
  const strange = rest.filter(({ hasImages }) => hasImages);
  if (strange.length > 0) {
    throw new InputError(
      `${inner.path}: expected the parts of a data set, or a folder for each class, found ${namesOf(known)} beside ${namesOf(strange)}: move away what does not belong there`,
    );
  }
  const flat = train.find(folder => !isLabelled(folder));
  if (flat) {
    throw new InputError(
      `${flat.path}: expected a folder for each class in it, found ${kinds(filesOf(flat), flat.path)}`,
    );
  }
  const learned = gatherParts('learns from', [...train, ...validation.filter(isLabelled)], train[0]);
  const beside: Gathered = {
    classes: [],
    // A link that leads nowhere may have been a part.
    files: inner.images.filter(({ isLost }) => isLost).map(file => ({ file })),
    skipped: [
      ...inner.images.filter(({ isLost }) => !isLost),
      ...inner.others,
      ...[...rest, ...known.filter(part => !isLabelled(part))].flatMap(othersOf),
    ],
    notes: [...validation, ...test].filter(part => !isLabelled(part)).flatMap(unreadNotes),
  };
  const ofTest = test.filter(isLabelled);
  return {
    train: joined([outer, learned, beside]),
    ...(ofTest.length > 0 && { test: gatherParts('tests on', ofTest, train[0]) }),
  };
}

function isLabelled({ folders }: Sorted): boolean {
  return folders.some(({ hasImages }) => hasImages);
}

function unreadNotes(part: Sorted): Note[] {
  const count = imagesOf(part).length;
  if (count === 0) return [];
  const text = `${part.name} not read: ${imageCount(part)} without a folder for each class`;
  return [{ code: 'skipped', text, count, isWarning: true }];
}

/** Several parts as one, whose classes must be among those of the part `model`. */
function gatherParts(use: string, parts: readonly Sorted[], model: Sorted): Gathered {
  const expected = gather(model).classes;
  const gathered = parts.map(part => {
    const found = gather(part);
    const lacks = (classes: readonly Sorted[]) => (of: Sorted) =>
      !classes.some(({ name }) => name === of.name);
    const strangers = found.classes.filter(lacks(expected));
    if (strangers.length > 0) {
      throw new InputError(
        `${part.path}: expected the classes of ${model.path} (${namesOf(expected)}), found ${namesOf(strangers)} beside them: call them alike in all parts`,
      );
    }
    const missing = expected.filter(lacks(found.classes));
    if (missing.length === 0) return found;
    const note: Note = { code: 'classes', text: `no ${namesOf(missing)} in ${part.name}`, isWarning: true };
    return { ...found, notes: [...found.notes, note] };
  });
  const which = parts.map(part => `${part.name} (${imageCount(part)})`).join(' and ');
  const { notes, ...rest } = joined(gathered);
  return { ...rest, notes: [{ code: 'read', text: `${use} ${which} by their names` }, ...notes] };
}

function namesOf(folders: readonly Sorted[]): string {
  return few(folders.map(({ name }) => name));
}

function imageCount(folder: Sorted): string {
  const { length } = imagesOf(folder);
  return `${length} ${plural(length, 'image')}`;
}

function joined(parts: readonly Gathered[]): Gathered {
  return {
    classes: parts.flatMap(({ classes }) => classes),
    files: parts.flatMap(({ files }) => files),
    skipped: parts.flatMap(({ skipped }) => skipped),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** The folder within folders that have nothing else to read in them. */
function unwrapped(all: Sorted) {
  const skipped: FileInFolder[] = [];
  let inner = all;
  while (inner.images.length === 0 && inner.folders.length === 1) {
    const [only] = inner.folders;
    // Images right in it, and no classes to tell apart: it is a class itself.
    const classes = only.folders.filter(({ hasImages }) => hasImages).length;
    if (classes < (only.images.length > 0 ? 2 : 1)) break;
    skipped.push(...inner.others);
    inner = only;
  }
  const notes: Note[] = [];
  if (inner !== all) notes.push({ code: 'read', text: `the class folders are those in ${inner.path}` });
  return { inner, skipped, notes };
}

/** The images of a folder by class, or all without a class where no folder has any. */
function gather(folder: Sorted): Gathered {
  const { inner, skipped, notes } = unwrapped(folder);
  const { folders, images, others } = inner;
  if (!isLabelled(inner)) {
    const beside = [...skipped, ...others, ...folders.flatMap(filesOf)];
    return { classes: [], files: images.map(file => ({ file })), skipped: beside, notes };
  }
  refuseEmpty(
    folders.filter(({ hasImages }) => !hasImages),
    inner.path,
  );
  // A link that leads nowhere may have been a class: it is among the files to read, which refuses it.
  const lost = images.filter(({ isLost }) => isLost);
  const stray = images.filter(({ isLost }) => !isLost);
  if (stray.length > 0) {
    const text = `${stray.length} ${plural(stray.length, 'image')} beside the class folders skipped, as no class is known of ${such(stray, inner.path)}`;
    notes.push({ code: 'skipped', text, count: stray.length, isWarning: true });
  }
  const deep = folders.flatMap(({ folders }) => folders).filter(({ hasImages }) => hasImages);
  if (deep.length > 0) {
    const text = `images in folders within a class folder are of its class (${such(deep, inner.path)})`;
    notes.push({ code: 'read', text });
  }
  const files = folders.flatMap(of => imagesOf(of).map(file => ({ file, label: of.name })));
  return {
    classes: folders,
    files: [...lost.map(file => ({ file })), ...files],
    skipped: [...skipped, ...others, ...folders.flatMap(othersOf)],
    notes,
  };
}

/** A class must not vanish without a word. */
function refuseEmpty(classes: readonly Sorted[], name: string): void {
  if (classes.length === 0) return;
  const found = classes
    .slice(0, MOST_SHOWN)
    .map(folder => `${within(name, folder.path)} has ${kinds(filesOf(folder), folder.path)}`);
  if (classes.length > MOST_SHOWN) found.push(`so have ${classes.length - MOST_SHOWN} more`);
  throw new InputError(
    `${name}: expected images that can be read (${FORMATS}) in the folder of every class, but ${found.join('; ')}: save them in one of these formats, or move the folder away`,
  );
}

function skippedNotes(files: readonly FileInFolder[], name: string): Note[] {
  if (files.length === 0) return [];
  const count = files.length;
  return [
    { code: 'skipped', text: `${count} ${plural(count, 'file')} skipped: ${kinds(files, name)}`, count },
  ];
}

/** Files by their endings, e.g. `2 .txt (such as circle/notes.txt), 1 .db (a.db)`. */
function kinds(files: readonly FileInFolder[], name: string): string {
  const byEnding = new Map<string, FileInFolder[]>();
  for (const file of files) {
    const ending = extname(file.name).toLowerCase();
    const alike = byEnding.get(ending);
    if (alike) alike.push(file);
    else byEnding.set(ending, [file]);
  }
  const most = [...byEnding].sort(([, a], [, b]) => b.length - a.length);
  const words = most
    .slice(0, MOST_SHOWN)
    .map(([ending, of]) => `${of.length} ${ending || 'without an ending'} (${such(of, name)})`);
  if (most.length > MOST_SHOWN) words.push('…');
  return words.join(', ') || 'nothing';
}

function such(found: readonly { readonly path: string }[], name: string): string {
  const first = within(name, found[0].path);
  return found.length > 1 ? `such as ${first}` : first;
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
