// Recipes that are wrong in one place are refused with one line that names it: what was expected, what was found, and what was probably
// meant. The mistakes are made from sound recipes, one of each way of learning, so that no setting is left out.

import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import '../../src/schedules/register.ts';
import { checkRecipe, inputShape, shapesOf } from '../../src/recipes/check.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';

const momentum = { kind: 'momentum', rate: 0.1, momentum: 0.9, decay: 0.01 } as const;
const adam = { kind: 'adam', rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 } as const;
const readout = { rate: 0.1, momentum: 0.9, decay: 0, from: 1 };
const { from: _, ...topReadout } = readout;
const field = { size: 3, stride: 1, overhang: 0 };
const overlapping = { size: 3, stride: 1, overhang: 1 };
const common = { about: 'for this test', shift: 0, batch: 20, epochs: 3, holdShare: 0.5 };
const own = { goodness: 'mean-of-squares', rate: 0.2, frozen: true } as const;

/** One of each way of learning, with every setting that may be there. */
const sound: Record<string, Recipe> = {
  contrast: {
    ...common,
    name: 'contrast',
    layers: [64, { kind: 'dense', units: 128, ...own }, 64],
    image: [6, 8, 1],
    channelMeans: [0.2],
    learning: {
      kind: 'contrast',
      label: { kind: 'first', strength: 2 },
      negatives: 'hard',
      goodness: 'sum-of-squares',
      objective: { kind: 'logistic', threshold: -1, temperature: 2 },
      peerNormalisation: 0.03,
      optimizer: momentum,
      readout,
      groups: 2,
      frozen: true,
      phases: 3,
      between: { kind: 'quantise', after: 1, levels: 3 },
    },
  },
  unsupervised: {
    ...common,
    name: 'unsupervised',
    layers: [{ kind: 'local', height: 4, width: 6, channels: 3, field, ...own }, 40, 30],
    image: [6, 8],
    learning: {
      kind: 'unsupervised',
      negatives: { kind: 'hybrids', blurs: 2 },
      goodness: 'minus-sum-of-squares',
      objective: { kind: 'symba', alpha: 1 },
      peerNormalisation: 0.03,
      optimizer: adam,
      readout,
      frozen: true,
      between: { kind: 'noise', after: 0, deviation: 0.5 },
    },
  },
  classes: {
    ...common,
    name: 'classes',
    layers: [{ kind: 'local', height: 4, width: 6, channels: 9, field, rate: 0.2, frozen: true }, 40],
    image: [6, 8],
    flip: true,
    crop: 0.7,
    colorJitter: { brightness: 0.1, contrast: 0.2, gain: 0 },
    learning: {
      kind: 'classes',
      activity: 'squares',
      map: 'projection',
      optimizer: adam,
      readFrom: 0,
      groups: 'positions',
      frozen: true,
      between: { kind: 'module', after: 0, path: '/module.mjs' },
    },
  },
  convolutions: {
    ...common,
    name: 'convolutions',
    layers: [
      {
        ...{ kind: 'conv', channels: 12, size: 3, stride: 1, maxPool: 2, cells: 2, withoutBias: true },
        ...{ initial: 'fan-in', dropout: 0.1, averagePool: 2, outputDropout: 0.2, normalization: 'image' },
        ...{ readCells: 1, localMean: 0.9, rate: 0.2, frozen: true },
      },
      {
        kind: 'conv',
        channels: 9,
        size: 1,
        initial: 'fan-out',
        normalization: 'none',
        groups: 3,
      },
    ],
    image: [6, 8, 2],
    flip: true,
    channelMeans: [0.2, 0],
    learning: {
      kind: 'classes',
      activity: 'squares',
      map: 'affine-projection',
      optimizer: adam,
      readFrom: 1,
      readout: topReadout,
      frozen: true,
    },
    cosineTo: 0.1,
  },
  standardised: {
    ...common,
    name: 'standardised',
    layers: [
      { kind: 'conv', channels: 12, size: 3, batchNorm: 'after' },
      { kind: 'conv', channels: 12, size: 3, shortcut: 1 },
    ],
    image: [6, 8],
    learning: { kind: 'classes', activity: 'squares', map: 'blocks', optimizer: adam, readFrom: 0 },
  },
  'self-contrast': {
    ...common,
    name: 'self-contrast',
    layers: [
      {
        kind: 'conv',
        channels: 12,
        size: 3,
        border: 'reflect',
        triangle: true,
        overlapPool: 2,
        rate: 0.2,
        frozen: true,
      },
      { kind: 'conv', channels: 9, size: 1 },
    ],
    image: [6, 8],
    learning: {
      kind: 'self-contrast',
      optimizer: momentum,
      frozen: true,
      margins: [
        { positive: -0.5, negative: 1, penalty: 0.1 },
        { positive: 2, negative: 3, penalty: 0 },
      ],
      readout,
    },
  },
  recurrent: {
    ...common,
    name: 'recurrent',
    layers: [
      { kind: 'local', height: 6, width: 8, channels: 3, field: overlapping, above: overlapping, ...own },
      { kind: 'local', height: 6, width: 8, channels: 3, field: overlapping },
    ],
    image: [6, 8],
    learning: {
      kind: 'recurrent',
      iterations: 4,
      damping: 0.3,
      firstStep: 2,
      lastStep: 3,
      labelStrength: 10,
      negatives: 'uniform',
      goodness: 'sum-of-squares',
      objective: { kind: 'swish', alpha: 1 },
      peerNormalisation: 0.03,
      optimizer: momentum,
      readout,
      frozen: true,
    },
  },
  backprop: {
    ...common,
    name: 'backprop',
    layers: [40, { kind: 'dense', units: 30, rate: 0.2 }],
    learning: {
      kind: 'backprop',
      optimizer: adam,
      readout: topReadout,
      between: { kind: 'quantise', after: 0, levels: 2 },
    },
  },
  perturbation: {
    ...common,
    name: 'perturbation',
    layers: [40, 30],
    learning: {
      kind: 'perturbation',
      deviation: 0.01,
      rate: 0.1,
      readout: { rate: 0.1 },
      between: { kind: 'noise', after: 0, deviation: 0.5 },
    },
  },
};

/** Settings that may be left out, wherever they stand. */
const OPTIONAL = [
  ...['channelMeans', 'peerNormalisation', 'groups', 'frozen', 'phases', 'between', 'above'],
  ...['layers[0].stride', 'maxPool', 'cells', 'withoutBias', 'initial', 'dropout', 'averagePool'],
  ...[
    'layers[1].groups',
    'batchNorm',
    'border',
    'triangle',
    'overlapPool',
    'outputDropout',
    'normalization',
    'readCells',
    'shortcut',
  ],
  ...['flip', 'crop', 'colorJitter', 'cosineTo', 'localMean'],
  ...['layers[0].goodness', 'layers[1].goodness', 'layers[0].rate', 'layers[1].rate'],
];

// Numbers that are out of range, by the name of the setting.
const NO_COUNT = [0, -1, 1.5, 2 ** 53];
const NO_WHOLE = [-1, 0.5];
// Where 32 bits have it so.
const NOT_ABOVE_0 = [0, -1, 1e-300];
const NOT_BELOW_1 = [1, 2, -0.1, 0.99999999];
const NO_SHARE = [-0.1, 1.1];
const OUT_OF_RANGE: Record<string, readonly number[]> = {
  readFrom: NO_WHOLE,
  ...Object.fromEntries(
    [
      ...['layers', 'units', 'height', 'width', 'channels', 'size', 'stride', 'image', 'groups', 'phases'],
      ...['iterations', 'firstStep', 'lastStep', 'batch', 'epochs', 'cells', 'readCells', 'shortcut'],
    ].map(name => [name, NO_COUNT]),
  ),
  ...Object.fromEntries(['shift', 'from', 'after', 'blurs', 'overhang'].map(name => [name, NO_WHOLE])),
  ...Object.fromEntries(
    [
      ...['strength', 'labelStrength', 'temperature', 'alpha', 'rate', 'epsilon', 'deviation'],
      'peerNormalisation',
    ].map(name => [name, NOT_ABOVE_0]),
  ),
  ...Object.fromEntries(
    ['momentum', 'beta1', 'beta2', 'damping', 'dropout', 'outputDropout'].map(name => [name, NOT_BELOW_1]),
  ),
  ...Object.fromEntries(
    ['holdShare', 'channelMeans', 'cosineTo', 'brightness', 'contrast', 'gain'].map(name => [name, NO_SHARE]),
  ),
  ...Object.fromEntries(
    ['levels', 'maxPool', 'averagePool', 'overlapPool'].map(name => [name, [...NO_COUNT, 1]]),
  ),
  localMean: NO_SHARE,
  crop: [...NOT_ABOVE_0, ...NOT_BELOW_1],
  // 1000 times any rate above is more than a whole weight.
  decay: [-0.1, 1000],
  // Whatever the goodness, there may be a level below 0.
  threshold: [],
  positive: [],
  negative: [],
  penalty: [-0.1],
};

type Key = string | number;
type Place = readonly Key[];

const nameOf = (place: Place) =>
  place.map((key, i) => (typeof key === 'number' ? `[${key}]` : i > 0 ? `.${key}` : key)).join('');

/** What stands at each place in `value`, itself not included. */
function* placesIn(value: object, above: Place = []): Generator<[Place, unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    const place = [...above, Array.isArray(value) ? Number(key) : key];
    yield [place, inner];
    if (typeof inner === 'object') yield* placesIn(inner, place);
  }
}

/** A copy of the recipe in which `change` has been done to what holds the last key of a place. */
function changedAt(recipe: Recipe, place: Place, change: (holder: Record<Key, unknown>, key: Key) => void) {
  // Not structuredClone, which keeps what stands in two places one.
  const copy = JSON.parse(JSON.stringify(recipe)) as Recipe;
  let holder = copy as unknown as Record<Key, unknown>;
  for (const key of place.slice(0, -1)) holder = holder[key] as Record<Key, unknown>;
  change(holder, place[place.length - 1]);
  return copy;
}

/** The line that a recipe is refused with, or what is wrong with the refusal. */
function refusal(recipe: unknown): string {
  try {
    checkRecipe(recipe);
  } catch (error) {
    if (!(error instanceof InputError)) return `no InputError: ${(error as Error).stack}`;
    return /\n|undefined is not|\[object/.test(error.message)
      ? `not one line: ${error.message}`
      : error.message;
  }
  return 'accepted';
}

const shown = (value: unknown) =>
  typeof value === 'number' ? `${value}` : (JSON.stringify(value) ?? 'undefined');

describe.each(Object.entries(sound))('%s', (name, recipe) => {
  it('is sound, and stays what it is', () => {
    expect(checkRecipe(recipe)).toStrictEqual(recipe);
    const shapes = shapesOf(recipe, inputShape(recipe, 48 * (recipe.image?.[2] ?? 1)));
    expect(shapes).toHaveLength(recipe.layers.length + 1);
  });

  it('has no settings but those that it has, and says which was meant', () => {
    let tried = 0;
    for (const [place] of placesIn(recipe)) {
      const key = place[place.length - 1];
      if (typeof key === 'number') continue;
      tried++;
      const found = refusal(changedAt(recipe, place, holder => Object.assign(holder, { [`${key}x`]: 1 })));
      const path = nameOf([...place.slice(0, -1), `${key}x`]);
      const start = `recipe ${name}: ${path} is not a setting (did you mean ${key}?): expected `;
      expect(found.slice(0, start.length), path).toBe(start);
      expect(found.slice(start.length).split(', ')).toContain(key);
      const strange = refusal(changedAt(recipe, place, holder => Object.assign(holder, { zzzzzzzz: 1 })));
      expect(strange).toMatch(/zzzzzzzz is not a setting: expected \w/);
    }
    expect(tried).toBeGreaterThan(10);
  });

  it('lacks none but those that may be absent', () => {
    for (const [place] of placesIn(recipe)) {
      const [path, key] = [nameOf(place), place[place.length - 1]];
      if (typeof key === 'number') continue;
      const without = changedAt(recipe, place, holder => Reflect.deleteProperty(holder, key));
      const isNeeded = recipe.layers.some(layer => typeof layer === 'object' && layer.kind !== 'dense');
      const isOptional =
        OPTIONAL.some(end => path.endsWith(end)) ||
        (recipe.learning.kind === 'classes' && path === 'learning.readout');
      if (isOptional || (key === 'image' && !isNeeded)) {
        expect(refusal(without), path).toBe('accepted');
        // As code that does not mind writes it.
        expect(refusal(changedAt(recipe, place, holder => (holder[key] = undefined))), path).toBe('accepted');
        continue;
      }
      const who = key === 'name' ? 'without a name' : name;
      expect(refusal(without), path).toMatch(
        new RegExp(`^recipe ${who}: ${escaped(path)}( with hybrids)? must be .+, found undefined$`),
      );
    }
  });

  it('has settings of the right type', () => {
    const others = ['nonsense', 7, true, false, null, [], {}, Number.NaN, Number.POSITIVE_INFINITY];
    for (const [place, value] of placesIn(recipe)) {
      const [path, key] = [nameOf(place), place[place.length - 1]];
      for (const other of others) {
        if (isOfItsKind(key, place, value, other)) continue;
        const found = refusal(changedAt(recipe, place, holder => (holder[key] = other)));
        const who = key === 'name' ? 'without a name' : name;
        // An object of a kind is refused for its kind, or for the first that it lacks.
        const inner = typeof other === 'object' && other !== null ? '[.\\w]*' : '';
        expect(found, `${path} = ${shown(other)}`).toMatch(
          new RegExp(`^recipe ${who}: ${escaped(path)}${inner} must be .+, found `),
        );
        if (!inner) expect(found).toContain(`found ${shown(other)}`);
      }
    }
  });

  it('has numbers within their range', () => {
    for (const [place, value] of placesIn(recipe)) {
      if (typeof value !== 'number') continue;
      const setting = place.findLast(key => typeof key === 'string')!;
      const path = nameOf(place);
      expect(Object.keys(OUT_OF_RANGE), path).toContain(setting);
      for (const bad of OUT_OF_RANGE[setting]) {
        const found = refusal(
          changedAt(recipe, place, (holder, key) => {
            holder[key] = bad;
          }),
        );
        expect(found, path).toMatch(
          new RegExp(`^recipe ${name}: ${escaped(path)} must be .+, found ${bad}$`),
        );
      }
    }
  });

  it('has words that are known, and says which was meant', () => {
    for (const [place, value] of placesIn(recipe)) {
      const key = place[place.length - 1];
      if (typeof value !== 'string' || isText(key)) continue;
      const misspelt = `${value}x`;
      const found = refusal(changedAt(recipe, place, holder => (holder[key] = misspelt)));
      const start = `recipe ${name}: ${nameOf(place)} must be `;
      expect(found.slice(0, start.length)).toBe(start);
      // A count or the word.
      if (key !== 'groups') expect(found).toContain(`(did you mean ${value}?), found "${misspelt}"`);
    }
  });
});

const escaped = (path: string) => path.replaceAll(/[[\].]/g, '\\$&');
const isText = (key: Key) => key === 'name' || key === 'about' || key === 'path';

/** Whether `other` may stand in the place of `value`. */
function isOfItsKind(key: Key, place: Place, value: unknown, other: unknown): boolean {
  if (isText(key)) return typeof other === 'string';
  // A count of units stands for a dense layer, and one of groups for the word.
  if (place[0] === 'layers' && place.length === 2) return other === 7;
  if (key === 'groups') return Number.isFinite(other);
  if (typeof value === 'number') return Number.isFinite(other);
  return other === value;
}

describe('settings that do not go together', () => {
  const local = { kind: 'local', height: 4, width: 6, channels: 3, field } as const;
  const cases: [string, keyof typeof sound, object, object, string][] = [
    [
      'a readout above the layers',
      'contrast',
      { readout: { ...readout, from: 3 } },
      {},
      'learning.readout.from must be a layer from 0 to 2, found 3',
    ],
    [
      'a function above the last layer',
      'contrast',
      { between: { kind: 'noise', after: 2, deviation: 1 } },
      {},
      'learning.between.after must be a layer with one above it, from 0 to 1, found 2',
    ],
    [
      'a function below a local layer',
      'unsupervised',
      {},
      { layers: [40, { ...local, height: 1, width: 1, field: { size: 1, stride: 1, overhang: 0 } }] },
      'learning.between must be absent below a layer that is not dense',
    ],
    [
      'sleep with pairs',
      'contrast',
      { objective: { kind: 'swish', alpha: 1 } },
      {},
      'learning.phases must be absent with an objective on pairs, which cannot be separated, found 3',
    ],
    [
      'groups that cut a panel',
      'contrast',
      { groups: 3 },
      {},
      'learning.groups must be a count of 32 · n units of every layer, all dense, found 3',
    ],
    [
      'groups of local layers',
      'unsupervised',
      { groups: 2 },
      {},
      'learning.groups must be a count of 32 · n',
    ],
    [
      'positions of few channels',
      'unsupervised',
      { groups: 'positions' },
      {},
      "learning.groups must be 'positions' only of 9 channels or more",
    ],
    [
      'rolled-out negatives of images that move',
      'contrast',
      { negatives: 'rolled-out' },
      { shift: 1 },
      'shift with rolled-out negatives must be 0 or absent, found 1',
    ],
    [
      'rolled-out negatives of images that change in colour',
      'contrast',
      { negatives: 'rolled-out' },
      { colorJitter: { brightness: 0.1, contrast: 0, gain: 0 } },
      'colorJitter with rolled-out negatives must be 0 or absent, found {"brightness":0.1,"contrast":0,"gain":0}',
    ],
    [
      'local layers with labels in the input',
      'contrast',
      { groups: undefined },
      { layers: [local, 30] },
      'layers[0].kind must be dense where labels are inputs (recurrent learning takes local layers), found "local"',
    ],
    [
      'convolutions with labels in the input',
      'contrast',
      { groups: undefined },
      { layers: [{ kind: 'conv', channels: 9, size: 3 }, 30] },
      'layers[0].kind must be dense where labels are inputs (recurrent learning takes local layers), found "conv"',
    ],
    [
      'convolutions in a recurrent network',
      'recurrent',
      { groups: undefined },
      { layers: [{ kind: 'conv', channels: 9, size: 3 }, 30] },
      'layers[0].kind must be dense or local with recurrent learning, found "conv"',
    ],
    [
      'peer normalisation of convolutions',
      'unsupervised',
      { groups: undefined, peerNormalisation: 0.03 },
      { layers: [{ kind: 'conv', channels: 9, size: 3 }, 30] },
      'learning.peerNormalisation must be absent with convolutions, found 0.03',
    ],
    [
      'convolutions of no image',
      'classes',
      {},
      { layers: [{ kind: 'conv', channels: 9, size: 3 }, 30], image: undefined },
      'image must be rows and columns, for a layer of kind conv, found undefined',
    ],
    [
      'a map with a bias of layers that are no convolutions',
      'classes',
      { groups: undefined, map: 'affine-projection' },
      {},
      'learning.map must be another unless all layers are convolutions, found "affine-projection"',
    ],
    [
      'likeness of images in layers that are no convolutions',
      'classes',
      { groups: undefined, similarity: 1 },
      {},
      'learning.similarity must be absent unless all layers are convolutions, found 1',
    ],
    [
      'batch normalisation of activities that are read as they are',
      'standardised',
      { activity: 'linear' },
      {},
      'layers[0].batchNorm must be before, where classes are told by linear activities, found "after"',
    ],
    [
      'batch normalisation that nothing moves',
      'standardised',
      { frozen: true },
      {},
      'layers[0].batchNorm must be absent in a layer that is frozen, found "after"',
    ],
    [
      'a shortcut from the image',
      'standardised',
      {},
      { layers: [{ kind: 'conv', channels: 12, size: 3, shortcut: 1 }] },
      'layers[0].shortcut must be at most 0, the convolutions right below (the image is never added), found 1',
    ],
    [
      'a shortcut from below all layers',
      'standardised',
      {},
      {
        layers: [
          { kind: 'conv', channels: 12, size: 3 },
          { kind: 'conv', channels: 12, size: 3, shortcut: 2 },
        ],
      },
      'layers[1].shortcut must be at most 1, the convolutions right below (the image is never added), found 2',
    ],
    [
      'a shortcut over a layer that is no convolution',
      'standardised',
      {},
      {
        layers: [
          { kind: 'conv', channels: 12, size: 3 },
          { kind: 'dense', units: 12 },
          { kind: 'conv', channels: 12, size: 3 },
          { kind: 'conv', channels: 12, size: 3, shortcut: 3 },
        ],
      },
      'layers[3].shortcut must be at most 1, the convolutions right below',
    ],
    [
      'a shortcut where a batch has rows that the readout does not see',
      'unsupervised',
      { peerNormalisation: undefined },
      {
        layers: [
          { kind: 'conv', channels: 12, size: 3 },
          { kind: 'conv', channels: 12, size: 3, shortcut: 1 },
        ],
      },
      'layers[1].shortcut must be absent but with classes or self-contrast, found 1',
    ],
    [
      'images seen two at once by layers that are no convolutions',
      'self-contrast',
      {},
      { layers: [{ kind: 'conv', channels: 9, size: 3 }, 30] },
      'layers[1].kind must be conv with self-contrast, found "dense"',
    ],
    [
      'the largest of activities that are not rectified',
      'self-contrast',
      { readout: { ...readout, from: 0 } },
      { layers: [{ kind: 'conv', channels: 9, size: 3, maxPool: 2 }] },
      'layers[0].maxPool must be absent with self-contrast (overlapPool or averagePool pool what goes on), found 2',
    ],
    [
      'local contrast of what layers have made',
      'self-contrast',
      { margins: Array.from({ length: 2 }, () => ({ positive: 0, negative: 1, penalty: 0 })) },
      {
        layers: [
          { kind: 'conv', channels: 9, size: 3 },
          { kind: 'conv', channels: 9, size: 3, localMean: 0.5 },
        ],
      },
      'layers[1].localMean must be absent but in the first layer, which sees images, found 0.5',
    ],
    [
      'margins of other layers',
      'self-contrast',
      { margins: [{ positive: 0, negative: 1, penalty: 0 }] },
      {},
      'learning.margins must be a list of 2, one for each layer, found 1',
    ],
    [
      'means that are neither numbers nor the image',
      'classes',
      {},
      { channelMeans: 'images' },
      'channelMeans must be a list of one or more, found "images"',
    ],
    [
      'local layers by backprop',
      'backprop',
      {},
      { layers: [local, 30] },
      'layers[0].kind must be dense with backprop',
    ],
    [
      'local layers by perturbation',
      'perturbation',
      {},
      { layers: [local, 30] },
      'layers[0].kind must be dense with perturbation',
    ],
    [
      'goodness of a layer that has none',
      'classes',
      { groups: undefined },
      { layers: [{ kind: 'dense', units: 40, goodness: 'sum-of-squares' }, 30] },
      'layers[0].goodness must be absent where learning is by classes, found "sum-of-squares"',
    ],
    [
      'a rate of a layer by perturbation',
      'perturbation',
      {},
      { layers: [40, { kind: 'dense', units: 30, rate: 0.1 }] },
      'layers[1].rate must be absent with perturbation, which has one rate, found 0.1',
    ],
    [
      'a layer frozen in backprop',
      'backprop',
      {},
      { layers: [{ kind: 'dense', units: 30, frozen: true }, 20] },
      'layers[0].frozen must be absent with backprop, which moves all layers, found true',
    ],
    [
      'a field above where nothing is seen above',
      'unsupervised',
      {},
      { layers: [{ ...local, above: field }, 40, 30] },
      'layers[0].above must be absent where no local layer is seen above',
    ],
    [
      'a field above on a dense layer, however it is written',
      'recurrent',
      {},
      {
        layers: [
          { ...local, above: field },
          { kind: 'dense', units: 40 },
        ],
      },
      'layers[0].above must be absent where no local layer is seen above',
    ],
    [
      'a field above below the label',
      'recurrent',
      {},
      { layers: [40, { ...local, above: field }] },
      'layers[1].above must be absent where no local layer is seen above',
    ],
    [
      'a local layer of no image',
      'recurrent',
      {},
      { layers: [local, 40], image: undefined },
      'image must be rows and columns, for a layer of kind local, found undefined',
    ],
    [
      'hybrids of no image',
      'unsupervised',
      {},
      { layers: [40, 30], image: undefined },
      'image with hybrids must be',
    ],
    [
      'means of other channels',
      'contrast',
      {},
      { image: [6, 8, 3] },
      'channelMeans must be a number for each channel of the image (3), found [0.2]',
    ],
    [
      'steps in the wrong order',
      'recurrent',
      { firstStep: 3, lastStep: 2 },
      {},
      'learning.firstStep and lastStep must be steps from 1 to 4, in order, found [3,2]',
    ],
    [
      'steps that there are not',
      'recurrent',
      { lastStep: 5 },
      {},
      'learning.firstStep and lastStep must be steps from 1 to 4, in order, found [2,5]',
    ],
    [
      'fields that hang out as far as they are wide',
      'unsupervised',
      {},
      { layers: [{ ...local, field: { size: 2, stride: 1, overhang: 2 } }, 40, 30] },
      'layers[0].field.overhang must be below size, found 2',
    ],
    [
      'an image of one length',
      'contrast',
      {},
      { image: [48] },
      'image must be two or three counts above 0, found [48]',
    ],
    [
      'a decay of more than a whole weight by the rate of a layer',
      'contrast',
      { optimizer: { ...momentum, decay: 6 } },
      {},
      'learning.optimizer.decay must be at most 5, 1 / rate, found 6',
    ],
    [
      'the same by the rate of a map',
      'classes',
      { map: 'learned', mapRate: 0.5, optimizer: { ...adam, decay: 3 } },
      {},
      'learning.optimizer.decay must be at most 2, 1 / rate, found 3',
    ],
    [
      'a readout that decays without end',
      'backprop',
      { readout: { ...topReadout, decay: 1e30 } },
      {},
      'learning.readout.decay must be at most 10, 1 / rate, found 1e+30',
    ],
    [
      'a threshold that is infinite in single precision',
      'contrast',
      { objective: { kind: 'logistic', threshold: 1e39, temperature: 1 } },
      {},
      'learning.objective.threshold must be a finite number in single precision, found 1e+39',
    ],
    ['a BigInt', 'contrast', {}, { batch: 20n }, 'batch must be a whole number of at least 1, found 20n'],
    [
      'a BigInt for a list',
      'contrast',
      {},
      { layers: 64n },
      'layers must be a list of one or more, found 64n',
    ],
    [
      'BigInts for a text',
      'contrast',
      {},
      { about: [5n] },
      'about must be a text, found an array that JSON cannot tell',
    ],
    [
      'a function',
      'contrast',
      {},
      { batch: () => 20 },
      'batch must be a whole number of at least 1, found function',
    ],
    ['no layers', 'contrast', {}, { layers: [] }, 'layers must be a list of one or more, found []'],
    [
      'a count of units as a text',
      'contrast',
      {},
      { layers: ['600'] },
      'layers[0] must be a count of units above 0, or a layer with its kind, found "600"',
    ],
  ];
  it.each(cases)('%s', (_name, kind, learning, others, message) => {
    const recipe = sound[kind];
    const found = refusal({ ...recipe, ...others, learning: { ...recipe.learning, ...learning } });
    expect(found.slice(0, `recipe ${kind}: ${message}`.length)).toBe(`recipe ${kind}: ${message}`);
  });

  it('fields that do not fit what they lie on, once it is known', () => {
    const { unsupervised } = sound;
    const layers = [{ ...local, height: 5 }, 40, 30];
    const recipe = checkRecipe({ ...unsupervised, layers });
    expect(() => shapesOf(recipe, inputShape(recipe, 48))).toThrow(
      new InputError('layers[0]: fields of 3 over 6 rows belong to 4 rows of units, found 5'),
    );
    expect(() => inputShape(recipe, 47)).toThrow(new InputError('image is 6 × 8 × 1, found 47 inputs'));
  });
});

describe('what is no recipe at all', () => {
  it.each([[null], [undefined], [7], ['quick'], [true], [[]], [7n]])('%s', value => {
    expect(refusal(value)).toMatch(/^recipe without a name: it must be an object, found ./);
  });

  it('goes in circles', () => {
    const { contrast } = sound;
    for (const key of ['name', 'layers', 'image', 'shift', 'learning']) {
      const circular: Record<string, unknown> = { ...contrast };
      circular[key] = circular;
      expect(refusal(circular), key).toMatch(/must be|is not a setting/);
      circular[key] = [circular];
      expect(refusal(circular), key).toMatch(/must be|is not a setting/);
    }
  });

  it('names that every object has', () => {
    const { contrast } = sound;
    const withKey = JSON.parse(`{"__proto__": 1, ${JSON.stringify(contrast).slice(1)}`);
    expect(refusal(withKey)).toMatch(/__proto__ is not a setting/);
    for (const kind of ['constructor', 'toString', '__proto__']) {
      expect(refusal({ ...contrast, learning: { ...contrast.learning, kind } })).toMatch(
        /learning\.kind must be one of contrast, /,
      );
      expect(refusal({ ...contrast, layers: [{ kind, units: 3 }] })).toMatch(
        /layers\[0\]\.kind must be one of dense/,
      );
    }
  });

  it('what is long is cut short, and what goes round in circles is named', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(refusal({ ...sound.contrast, batch: circle })).toMatch(/batch must be .*, found /);
    expect(refusal({ ...sound.contrast, batch: 'x'.repeat(1000) }).length).toBeLessThan(200);
  });
});
