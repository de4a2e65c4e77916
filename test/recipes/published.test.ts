// Whole steps of the recipes that others have published against plain programs of their equations.

import { describe, expect, it } from 'vitest';
import { shuffledOrder } from '../../src/data/shuffle.ts';
import { randomBits } from '../../src/kernels/plain/random.ts';
import { dropoutStream, ROWS_APART, stream } from '../../src/kernels/random-streams.ts';
import type { ConvSpec } from '../../src/layers/conv/spec.ts';
import { createNetwork } from '../../src/network/create.ts';
import type { Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';
import { publishedRecipes } from '../../src/recipes/published-recipes.ts';
import type { Classes, Recipe } from '../../src/recipes/recipe.ts';
import { type Image, wholeNormalized } from '../support/conv-network.ts';
import { prototypes } from '../support/data.ts';
import { type Matrix, rowsOf, zeros } from '../support/matrix.ts';
import { optimizerStep } from '../support/optimizer-step.ts';
import {
  addGradient,
  emptyGradient,
  logitsOf,
  type Mask,
  type Method,
  type PublishedConv,
  passThrough,
  softmax,
} from '../support/published-conv.ts';
import type { RecipeOf } from '../support/recipes.ts';

const [side, colours, classes, batch, seed] = [12, 2, 3, 4, 5];
const inputs = side * side * colours;
const data = { ...prototypes(7, inputs, classes, 1), shape: [side, side, colours] as const };

/** The published layers with fewer channels, of which the last ones would see too little of a small image. */
const SMALLER: Record<Method, { readonly channels: readonly number[]; readonly cells?: readonly number[] }> =
  {
    'mono-forward': { channels: [10, 33, 12], cells: [6, 3, 3] },
    asge: { channels: [9, 18, 36], cells: [4, 2, 1] },
    'deeper-forward': { channels: [9, 33, 12, 12] },
  };

function smallRecipe(method: Method): RecipeOf<Classes> {
  const recipe: RecipeOf<Classes> = publishedRecipes[method];
  const { channels, cells } = SMALLER[method];
  const layers = channels.map(
    (count, l): ConvSpec => ({
      ...(recipe.layers[l] as ConvSpec),
      channels: count,
      ...(cells && { cells: cells[l] }),
    }),
  );
  const { learning } = recipe;
  return {
    ...recipe,
    layers,
    image: data.shape,
    batch,
    epochs: 2,
    // An epsilon so large that roundings of what is nearly zero do not turn into whole steps, and steps that weigh as much as weights.
    learning: {
      ...learning,
      optimizer: { ...learning.optimizer, rate: 0.02, epsilon: 1e-3 } as Classes['optimizer'],
    },
  };
}

const pictureOf = (example: number, { channelMeans }: Recipe): Image => {
  const row = Array.from(
    data.inputs.subarray(example * inputs, (example + 1) * inputs),
    value => value / 255,
  );
  const mean = channelMeans === 'image' ? row.reduce((a, b) => a + b) / inputs : 0;
  const centred = row.map(value => value - mean);
  return wholeNormalized(rowsOf(centred, side * colours).map(line => rowsOf(line, colours)));
};

function layersOf({ session }: Network, layers: readonly ConvSpec[]): PublishedConv[] {
  const tensors = new Map(readState(session, false).map(({ name, data: values }) => [name, values]));
  const learning = session.recipe.learning as Classes;
  return layers.map(({ channels, size, maxPool = 1, averagePool = 1, cells = 1 }, l) => ({
    weight: rowsOf(tensors.get(`layers.${l}.weight`)!, channels),
    bias: Array.from(tensors.get(`layers.${l}.bias`)!),
    ...(learning.map !== 'blocks' && { map: rowsOf(tensors.get(`classes.${l}.weight`)!, classes) }),
    ...(learning.map === 'affine-projection' && { mapBias: Array.from(tensors.get(`classes.${l}.bias`)!) }),
    ...{ size, maxPool, averagePool, cells },
  }));
}

/** Which units training leaves in row `row` of the training, in a draw of a layer: as the definition of random numbers has it. */
function maskOf(
  row: number,
  layer: number,
  draw: number,
  width: number,
  height: number,
  share: number,
): Mask {
  return (y, x, channel) => {
    const panelRow = Math.floor(channel / 32) * height * width + y * width + x;
    const counter = (2 * layer + draw) * 2 ** 26 + panelRow * 16 + (channel % 16);
    const bits = randomBits(seed, dropoutStream(0) + ROWS_APART * row, counter);
    return (channel % 32 < 16 ? bits & 0xffff : bits >>> 16) >= Math.round(share * 65536);
  };
}

/** How rates fall, as Loshchilov and Hutter have it: before epoch `epoch`, from 1. */
const factorOf = (epoch: number, { epochs, cosineTo }: Recipe) =>
  cosineTo === undefined
    ? 1
    : cosineTo + ((1 - cosineTo) * (1 + Math.cos((Math.PI * (epoch - 1)) / epochs))) / 2;

function closeTo(what: string, found: readonly number[], expected: readonly number[]): void {
  expected.forEach((value, i) => {
    const difference = Math.abs(found[i] - value);
    if (!(difference <= 1e-5 + 5e-5 * Math.abs(value))) expect(found[i], `${what}[${i}]`).toBe(value);
  });
}

/** The fusion of ASGE: one linear map of the means of each layer's output from the second on. */
class Fusion {
  readonly maps: Matrix[];
  readonly #velocities: Matrix[];

  constructor(channels: readonly number[]) {
    this.maps = channels.map(count => zeros(count, classes));
    this.#velocities = channels.map(count => zeros(count, classes));
  }

  probabilities(means: Matrix): number[] {
    const logits = Array.from({ length: classes }, (_, k) =>
      means.reduce(
        (sum, layer, l) => sum + layer.reduce((own, mean, c) => own + mean * this.maps[l][c][k], 0),
        0,
      ),
    );
    return softmax(logits);
  }

  step(images: Matrix[], labels: readonly number[], { rate, momentum, decay }: Record<string, number>): void {
    const wanted = images.map((means, i) =>
      this.probabilities(means).map((p, k) => (k === labels[i] ? 1 : 0) - p),
    );
    for (const [l, map] of this.maps.entries()) {
      for (const [c, row] of map.entries()) {
        const velocity = this.#velocities[l][c];
        for (let k = 0; k < classes; k++) {
          const sum = images.reduce((all, means, i) => all + means[l][c] * wanted[i][k], 0);
          velocity[k] = momentum * velocity[k] + (1 - momentum) * (sum / images.length);
          row[k] += rate * (velocity[k] - decay * row[k]);
        }
      }
    }
  }
}

const meansOf = (image: Image) =>
  image[0][0].map((_, c) => {
    const values = image.flat().map(position => position[c]);
    return values.reduce((a, b) => a + b) / values.length;
  });

describe.each(['simd', 'relaxed'] as const)('in the %s build', build => {
  it.each(['mono-forward', 'asge', 'deeper-forward'] as const)(
    'the steps of %s are those of its equations, and so are its answers',
    { timeout: 120_000 },
    async method => {
      const recipe = smallRecipe(method);
      const specs = recipe.layers as ConvSpec[];
      const { learning } = recipe;
      const network = await createNetwork(recipe, { inputs, classes, seed, threads: 2, build });
      const plain = layersOf(network, specs);
      const from = learning.readFrom;
      const fusion = new Fusion(specs.slice(1).map(({ channels }) => channels));
      const moments = plain.map(layer => [emptyGradient(layer), emptyGradient(layer)]);

      const pass = (example: number, row?: number) => {
        let x = pictureOf(example, recipe);
        return plain.map((layer, l) => {
          const seen = x;
          const { dropout, outputDropout, averagePool = 1, maxPool = 1 } = specs[l];
          const share = dropout ?? outputDropout ?? 0;
          const [height, width] = [seen.length, seen[0].length].map(length => {
            const pooled = Math.floor(length / maxPool);
            return outputDropout === undefined ? pooled : Math.floor(pooled / averagePool);
          });
          const draw = outputDropout === undefined ? 0 : 1;
          const mask =
            row === undefined || share === 0 ? undefined : maskOf(row, l, draw, width, height, share);
          const { y, next } = passThrough(method, seen, layer, classes, share, mask);
          x = next;
          return { x: seen, y, next, share };
        });
      };

      let time = 0;
      for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
        const order = shuffledOrder(data.count, epoch, counter => randomBits(seed, stream.shuffle, counter));
        for (let first = 0; first < data.count; first += batch) {
          const row = time * batch;
          time++;
          const examples = Array.from(order.subarray(first, first + batch));
          const passes = examples.map((example, i) => pass(example, row + i));
          const labels = examples.map(example => data.labels[example]);
          const factor = factorOf(epoch, recipe);
          if (learning.readout) {
            const means = passes.map(layers => layers.slice(1).map(({ next }) => meansOf(next)));
            const { rate, momentum, decay } = learning.readout;
            fusion.step(means, labels, { rate: factor * rate, momentum, decay });
          }
          plain.forEach((layer, l) => {
            const sums = emptyGradient(layer);
            passes.forEach((layers, i) => {
              const { x, y, share } = layers[l];
              addGradient(method, sums, x, y, layer, labels[i], classes, share);
            });
            const { optimizer } = learning;
            const [one, two] = moments[l];
            const move = (weights: number[], sum: number[], a: number[], b: number[], decays: boolean) =>
              optimizerStep(
                optimizer,
                time,
                weights,
                sum,
                a,
                b,
                examples.length,
                factor * optimizer.rate,
                decays,
              );
            layer.weight.forEach((weights, k) => {
              move(weights, sums.weight[k], one.weight[k], two.weight[k], true);
            });
            if (!specs[l].withoutBias) move(layer.bias, sums.bias, one.bias, two.bias, false);
            if (learning.map !== 'learned') return;
            layer.map!.forEach((weights, k) => {
              move(weights, sums.map[k], one.map[k], two.map[k], true);
            });
          });
        }
      }
      const before = layersOf(network, specs);
      for await (const _ of network.fit(data));
      const after = layersOf(network, specs);
      plain.forEach((layer, l) => {
        closeTo(`weights of layer ${l}`, after[l].weight.flat(), layer.weight.flat());
        closeTo(`bias of layer ${l}`, after[l].bias, layer.bias);
        if (layer.map) closeTo(`map of layer ${l}`, after[l].map!.flat(), layer.map.flat());
        // Something has to have moved for this to say anything.
        const [now, then] = [layer, before[l]].map(({ weight }) => weight.flat());
        expect(Math.max(...now.map((value, i) => Math.abs(value - then[i])))).toBeGreaterThan(
          learning.optimizer.rate / 10,
        );
      });
      if (learning.readout) {
        const readouts = readState(network.session, false).filter(({ name }) => name.startsWith('readout.'));
        expect(readouts.map(({ shape }) => shape)).toEqual(fusion.maps.map(map => [map.length, classes]));
        readouts.forEach(({ data: values }, l) => {
          closeTo('readout', Array.from(values), fusion.maps[l].flat());
        });
      }

      // Nothing is left out of what is asked about.
      const found = await network.evaluate(data);
      for (let example = 0; example < data.count; example++) {
        const layers = pass(example);
        const sums = new Array<number>(classes).fill(0);
        for (let l = from; l < plain.length; l++) {
          const p = softmax(logitsOf(method, layers[l].y, plain[l], classes));
          for (let k = 0; k < classes; k++) sums[k] += Math.log(p[k]);
        }
        const told = found.goodness.subarray(
          example * plain.length * classes,
          (example + 1) * plain.length * classes,
        );
        for (let k = 0; k < classes; k++) {
          let all = 0;
          for (let l = from; l < plain.length; l++) all += told[l * classes + k];
          expect(Math.abs(all - sums[k])).toBeLessThan(1e-3 * (1 + Math.abs(sums[k])));
        }
      }
      await network.close();
    },
  );
});
