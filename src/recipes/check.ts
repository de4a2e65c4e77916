// What a recipe may be.

import { InputError } from '../errors.ts';
import type { FieldSize } from '../layers/fields.ts';
import {
  type Goodness,
  hasGoodness,
  isPlain,
  type LocalLayer,
  type Recipe,
  type RecurrentSchedule,
} from './recipe.ts';

const GOODNESS: readonly Goodness[] = ['sum-of-squares', 'minus-sum-of-squares', 'mean-of-squares'];

/** Throws an InputError that names the first setting that makes no sense, whatever `recipe` really is. */
export function checkRecipe(recipe: Recipe): void {
  const check: Check = (isFine, setting, expected, found) => {
    if (!isFine) {
      throw new InputError(
        `recipe ${recipe?.name}: ${setting} must be ${expected}, found ${JSON.stringify(found) ?? found}`,
      );
    }
  };
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
  const atLeast = (least: number, value: unknown, setting: string) =>
    check(
      Number.isFinite(value) && (value as number) >= least,
      setting,
      `a number of at least ${least}`,
      value,
    );
  const above0 = (value: unknown, setting: string) =>
    check(Number.isFinite(value) && (value as number) > 0, setting, 'a number above 0', value);
  const share = (value: unknown, setting: string) =>
    check(
      Number.isFinite(value) && Math.abs((value as number) - 0.5) <= 0.5,
      setting,
      'between 0 and 1',
      value,
    );

  check(typeof recipe?.name === 'string', 'name', 'a string', recipe?.name);
  const { layers, objective, optimizer, readout } = recipe;
  check(
    Array.isArray(layers) && layers.length > 0 && layers.every(layer => isCount(layer) || isLocal(layer)),
    'layers',
    'a list of one or more unit counts above 0 or local layers',
    layers,
  );
  layers.forEach((layer, l) => {
    if (!isLocal(layer)) return;
    const what = `layers[${l}]`;
    for (const size of ['height', 'width', 'channels'] as const) {
      check(isCount(layer[size]), `${what}.${size}`, 'a whole number above 0', layer[size]);
    }
    check(isField(layer.field), `${what}.field`, FIELD, layer.field);
    if (l === 0)
      check(recipe.image !== undefined, 'image with local layers', 'rows and columns', recipe.image);
    else check(isLocal(layers[l - 1]), `layers[${l - 1}] below a local layer`, 'local too', layers[l - 1]);
    if (layer.above === undefined) return;
    check(isField(layer.above), `${what}.above`, FIELD, layer.above);
    const isAboveLocal =
      recipe.schedule?.kind === 'recurrent' && l + 1 < layers.length && isLocal(layers[l + 1]);
    check(isAboveLocal, `${what}.above`, 'absent where no local layer is seen above', layer.above);
  });
  checkSchedule(recipe, check);
  const isShift = Number.isInteger(recipe.shift) && recipe.shift >= 0;
  check(isShift, 'shift', 'a whole number of pixels', recipe.shift);
  atLeast(0, recipe.labelStrength, 'labelStrength');
  check(GOODNESS.includes(recipe.goodness), 'goodness', `one of ${GOODNESS.join(', ')}`, recipe.goodness);
  const { negatives, image } = recipe;
  if (image !== undefined) {
    const isImage = Array.isArray(image) && [2, 3].includes(image.length) && image.every(isCount);
    check(isImage, 'image', 'two or three counts above 0', image);
  }
  const { channelMeans } = recipe;
  if (channelMeans !== undefined) {
    const channels = image?.[2] ?? 1;
    const areMeans =
      Array.isArray(channelMeans) &&
      channelMeans.length === channels &&
      channelMeans.every(mean => mean >= 0 && mean <= 1);
    check(
      areMeans,
      'channelMeans',
      `a number from 0 to 1 for each channel of the image (${channels})`,
      channelMeans,
    );
    check(!isPlain(recipe), 'channelMeans', 'absent with plain layers', channelMeans);
  }
  checkBetween(recipe, check);
  if (!hasGoodness(recipe)) {
    checkClassifier(recipe, check);
  } else if (typeof negatives === 'string') {
    const isKnown = ['uniform', 'hard', 'rolled-out'].includes(negatives);
    check(isKnown, 'negatives', 'uniform, hard, rolled-out or hybrids', negatives);
    above0(recipe.labelStrength, `labelStrength with ${negatives} negatives`);
    if (negatives === 'rolled-out')
      check(recipe.shift === 0, 'shift with rolled-out negatives', '0', recipe.shift);
  } else {
    check(negatives?.kind === 'hybrids', 'negatives.kind', 'hybrids', negatives?.kind);
    const isBlurs = Number.isInteger(negatives.blurs) && negatives.blurs >= 0;
    check(isBlurs, 'negatives.blurs', 'a whole number', negatives.blurs);
    check(recipe.labelStrength === 0, 'labelStrength with hybrids', '0', recipe.labelStrength);
    check(image !== undefined, 'image with hybrids', 'rows and columns', image);
  }
  if (objective?.kind === 'logistic') {
    check(Number.isFinite(objective.threshold), 'objective.threshold', 'a number', objective.threshold);
    above0(objective.temperature, 'objective.temperature');
  } else {
    const kind = objective?.kind;
    check(kind === 'symba' || kind === 'swish', 'objective.kind', 'logistic, symba or swish', kind);
    above0(objective.alpha, 'objective.alpha');
    const isTogether = recipe.phases === undefined;
    check(
      isTogether,
      'phases with an objective on pairs',
      'absent (pairs cannot be separated)',
      recipe.phases,
    );
  }
  const { groups = 1 } = recipe;
  const areGroups =
    groups === 'positions'
      ? // Positions of fewer channels share a panel.
        layers.every(layer => !isLocal(layer) || layer.channels > 8)
      : groups === 1 ||
        (isCount(groups) && layers.every(layer => !isLocal(layer) && layer % (32 * groups) === 0));
  check(areGroups, 'groups', "'positions' of 9 channels or more, or a count of 32 · n units each", groups);
  if (recipe.phases !== undefined) {
    check(isCount(recipe.phases), 'phases', 'a whole number above 0', recipe.phases);
    check(isPlain(recipe) && hasGoodness(recipe), 'phases', 'absent but for plain layers', recipe.phases);
  }
  if (recipe.fixed !== undefined) check(recipe.fixed === true, 'fixed', 'true or absent', recipe.fixed);
  if (optimizer?.kind === 'momentum') {
    share(optimizer.momentum, 'optimizer.momentum');
  } else {
    check(optimizer?.kind === 'adam', 'optimizer.kind', 'momentum or adam', optimizer?.kind);
    share(optimizer.beta1, 'optimizer.beta1');
    share(optimizer.beta2, 'optimizer.beta2');
    above0(optimizer.epsilon, 'optimizer.epsilon');
  }
  above0(optimizer.rate, 'optimizer.rate');
  atLeast(0, optimizer.decay, 'optimizer.decay');
  atLeast(0, recipe.peer, 'peer');
  above0(readout?.rate, 'readout.rate');
  share(readout.momentum, 'readout.momentum');
  atLeast(0, readout.decay, 'readout.decay');
  check(
    isCount(recipe.readFrom) && recipe.readFrom <= layers.length,
    'readFrom',
    `a layer from 1 to ${layers.length}`,
    recipe.readFrom,
  );
  check(isCount(recipe.batch), 'batch', 'a whole number above 0', recipe.batch);
  check(isCount(recipe.epochs), 'epochs', 'a whole number above 0', recipe.epochs);
  share(recipe.hold, 'hold');
}

const FIELD = 'size and stride of at least 1, and overhang of at least 0 and below size';

function isField(field: FieldSize | undefined): boolean {
  const { size, stride, overhang } = field ?? {};
  const isWhole = [size, stride, overhang].every(Number.isInteger);
  return isWhole && stride! >= 1 && overhang! >= 0 && overhang! < size!;
}

function isLocal(layer: number | LocalLayer | undefined): layer is LocalLayer {
  return typeof layer === 'object' && layer?.kind === 'local';
}

type Check = (isFine: boolean, setting: string, expected: string, found: unknown) => void;

function checkSchedule({ schedule, negatives, layers }: Recipe, check: Check): void {
  const kind = schedule?.kind;
  if (kind !== 'recurrent') {
    const isKnown = schedule === undefined || kind === 'backprop' || kind === 'perturbation';
    check(isKnown, 'schedule.kind', 'recurrent, backprop or perturbation', kind);
    const hasFields = layers.some(isLocal) && typeof negatives === 'string';
    check(!hasFields, 'schedule of local layers that learn from labels', 'recurrent', kind ?? 'none');
    return;
  }
  const { iterations, damping, readFrom, readTo } = schedule as RecurrentSchedule;
  const isStep = (value: number) => Number.isInteger(value) && value > 0;
  check(isStep(iterations), 'schedule.iterations', 'a whole number above 0', iterations);
  check(damping >= 0 && damping < 1, 'schedule.damping', 'at least 0 and below 1', damping);
  const isRead = isStep(readFrom) && readFrom <= readTo && isStep(readTo) && readTo <= iterations;
  const found = [readFrom, readTo];
  check(isRead, 'schedule.readFrom and readTo', `steps from 1 to ${iterations}, in order`, found);
  check(typeof negatives === 'string', 'negatives with a recurrent schedule', 'wrong labels', negatives);
}

function checkBetween(recipe: Recipe, check: Check): void {
  const { between, layers } = recipe;
  if (between === undefined) return;
  check(isPlain(recipe), 'between', 'absent with local layers or a recurrent schedule', between);
  const { after } = between ?? {};
  const isBetween = Number.isInteger(after) && after > 0 && after < layers.length;
  check(isBetween, 'between.after', `a layer from 1 to the last but one of ${layers.length}`, after);
  switch (between.kind) {
    case 'quantise': {
      const isLevels = Number.isInteger(between.levels) && between.levels > 1;
      check(isLevels, 'between.levels', 'a whole number above 1', between.levels);
      break;
    }
    case 'noise': {
      const { deviation } = between;
      const isAbove0 = Number.isFinite(deviation) && deviation > 0;
      check(isAbove0, 'between.deviation', 'a number above 0', deviation);
      break;
    }
    default:
      check(between.kind === 'module', 'between.kind', 'quantise, noise or module', between.kind);
      check(typeof between.path === 'string', 'between.path', 'a string', between.path);
  }
}

/** Of schedules without goodness. */
function checkClassifier(recipe: Recipe, check: Check): void {
  const { schedule, optimizer, readout } = recipe;
  const kind = schedule?.kind;
  check(recipe.negatives === 'none', `negatives with ${kind}`, 'none', recipe.negatives);
  check(recipe.labelStrength === 0, `labelStrength with ${kind}`, '0', recipe.labelStrength);
  check(recipe.peer === 0, `peer with ${kind}`, '0', recipe.peer);
  const isLast = recipe.readFrom === recipe.layers.length;
  check(isLast, `readFrom with ${kind}`, 'the last layer', recipe.readFrom);
  if (schedule?.kind !== 'perturbation') return;
  const { deviation } = schedule;
  check(Number.isFinite(deviation) && deviation > 0, 'schedule.deviation', 'a number above 0', deviation);
  // Nothing is kept between steps.
  const isPlain = optimizer?.kind === 'momentum' && optimizer.momentum === 0 && optimizer.decay === 0;
  check(isPlain, 'optimizer with perturbation', 'momentum 0 without decay', optimizer);
  const isPlainToo = readout?.momentum === 0 && readout.decay === 0;
  check(isPlainToo, 'readout with perturbation', 'momentum 0 without decay', readout);
}
