// Networks with local fields, and recurrent ones, as they are defined: in double precision and in the plainest way. Every
// layer has a full matrix over all that lies below and above it, with zeros where a unit does not see. Shares no code
// with the library but the grids that say where the numbers of a model file belong (test/layers holds those).

import type { DenseSpec } from '../../src/layers/dense/spec.ts';
import type { LayerSpec } from '../../src/layers/forms.ts';
import { type Grid, imageGrid, unitGrid } from '../../src/layers/grid.ts';
import { connectedInputs } from '../../src/layers/local/fields.ts';
import type { FieldSize, LocalSpec } from '../../src/layers/local/spec.ts';
import type { Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';
import type { Recurrent, Unsupervised } from '../../src/recipes/recipe.ts';
import { type Matrix, normalized, zeros } from './matrix.ts';
import { weigh } from './objective.ts';
import { optimizerStep } from './optimizer-step.ts';

/** Rows of one kind (positive or negative) of a layer: what it saw, what it made of that, and what passes on. */
interface Rows {
  readonly seen: Matrix;
  readonly computed: Matrix;
  readonly states: Matrix;
}

/** A layer as a recipe has it, or as its dense short form stands for. */
type FullSpec = DenseSpec | LocalSpec;

interface Places {
  readonly name: string;
  /** The row of the full matrix, and the unit, of each number of the tensor, row-major. */
  readonly weights: [k: number, unit: number][];
  readonly units: number[];
}

const inFull = (layer: LayerSpec): FullSpec =>
  typeof layer === 'number' ? { kind: 'dense', units: layer } : (layer as FullSpec);

/** The numbers of a grid by row, column and channel, by where they are among the inputs of the library's kernels. */
function natural({ height, width, channels, index }: Grid): Map<number, number> {
  const places = new Map<number, number>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) places.set(index(y, x, c), (y * width + x) * channels + c);
    }
  }
  return places;
}

class PlainLayer {
  readonly places: Places[];
  readonly below: number;
  readonly units: number;
  readonly weight: Matrix;
  readonly isSeen: boolean[][];
  readonly bias: number[];
  readonly first: Matrix;
  readonly second: Matrix;
  means: number[];
  readonly head: Matrix;
  readonly headVelocity: Matrix;

  constructor(
    l: number,
    units: ReturnType<typeof unitGrid>,
    sources: { grid: Grid; field?: FieldSize | undefined }[],
    classes: number,
    tensors: ReadonlyMap<string, Float32Array>,
  ) {
    const size = ({ height, width, channels }: Grid) => height * width * channels;
    const inputs = sources.reduce((sum, { grid }) => sum + size(grid), 0);
    const own = natural(units);
    const fields = sources.map(({ grid, field }) => connectedInputs(units, grid, field));
    this.below = size(sources[0].grid);
    this.units = units.units;
    this.places = units.blocks.map((block, b): Places => {
      const name = units.blocks.length === 1 ? `layers.${l}` : `layers.${l}.block.${b}`;
      const count = block.height * block.width * units.channels;
      const blockUnits = Array.from({ length: count }, (_, u) => own.get(32 * block.panel + u)!);
      const weights: [number, number][] = [];
      let before = 0;
      for (const [s, { grid }] of sources.entries()) {
        const places = natural(grid);
        for (const input of fields[s][b].inputs) {
          for (const unit of blockUnits) weights.push([before + places.get(input)!, unit]);
        }
        before += size(grid);
      }
      return { name, weights, units: blockUnits };
    });
    // What a unit sees, from its position and nothing else.
    this.isSeen = zeros(inputs, this.units).map(row => row.map(() => false));
    let before = 0;
    for (const { grid, field } of sources) {
      const { height, width, channels } = grid;
      for (let k = 0; k < size(grid); k++) {
        const position = Math.floor(k / channels);
        const [y, x] = [Math.floor(position / width), position % width];
        for (let unit = 0; unit < this.units; unit++) {
          const at = Math.floor(unit / units.channels);
          const isInside = (of: number, place: number) => {
            const from = field ? place * field.stride - field.overhang : 0;
            return of >= from && of < from + (field ? field.size : Math.max(height, width));
          };
          const sees = isInside(y, Math.floor(at / units.width)) && isInside(x, at % units.width);
          this.isSeen[before + k][unit] = sees;
        }
      }
      before += size(grid);
    }
    this.weight = zeros(inputs, this.units);
    this.bias = new Array(this.units).fill(0);
    for (const { name, weights, units } of this.places) {
      const biases = tensors.get(`${name}.bias`)!;
      units.forEach((unit, i) => {
        this.bias[unit] = biases[i];
      });
      const values = tensors.get(`${name}.weight`)!;
      weights.forEach(([k, unit], i) => {
        if (!this.isSeen[k][unit] && values[i] !== 0) throw new Error(`${name}: a weight that nobody has`);
        this.weight[k][unit] = values[i];
      });
    }
    this.first = zeros(inputs + 1, this.units);
    this.second = zeros(inputs + 1, this.units);
    this.means = new Array(this.units).fill(0.5);
    this.head = zeros(this.units, classes);
    this.headVelocity = zeros(this.units, classes);
  }

  compute(seen: number[]): number[] {
    return this.bias.map((bias, j) =>
      Math.max(
        0,
        seen.reduce((sum, x, k) => sum + x * this.weight[k][j], bias),
      ),
    );
  }

  /** The numbers of a full array in the order of one of the library's tensors. */
  *tensors(): Generator<{ name: string; expected: number[] }> {
    for (const { name, weights, units } of this.places) {
      yield { name: `${name}.weight`, expected: weights.map(([k, unit]) => this.weight[k][unit]) };
      yield { name: `${name}.bias`, expected: units.map(unit => this.bias[unit]) };
      yield { name: `${name}.mean`, expected: units.map(unit => this.means[unit]) };
    }
  }
}

export class PlainNetwork {
  readonly layers: PlainLayer[];
  readonly #learning: Unsupervised | Recurrent;
  readonly #specs: readonly FullSpec[];
  readonly #classes: number;
  #time = 0;

  /** With the weights and biases that the network has at this moment. */
  constructor({ session }: Network) {
    const { recipe, inputs, classes } = session;
    const tensors = new Map(readState(session, true).map(({ name, data }) => [name, data]));
    const [height, width, channels = 1] = recipe.image ?? [1, 1, inputs];
    const learning = recipe.learning as Unsupervised | Recurrent;
    const specs = recipe.layers.map(inFull);
    const grids = specs.map(spec =>
      spec.kind === 'dense' ? unitGrid(1, 1, spec.units) : unitGrid(spec.height, spec.width, spec.channels),
    );
    this.#learning = learning;
    this.#specs = specs;
    this.#classes = classes;
    this.layers = specs.map((spec, l) => {
      const { field, above } = spec.kind === 'local' ? spec : {};
      const sources: { grid: Grid; field: FieldSize | undefined }[] = [
        { grid: l === 0 ? imageGrid(height, width, channels) : grids[l - 1], field },
      ];
      if (learning.kind === 'recurrent') {
        sources.push({ grid: grids[l + 1] ?? imageGrid(1, 1, classes), field: above });
      }
      return new PlainLayer(l, grids[l], sources, classes, tensors);
    });
  }

  #goodness(l: number, y: number[]): number {
    const sum = y.reduce((total, value) => total + value * value, 0);
    return sum * this.#slope(l, y.length);
  }

  #slope(l: number, units: number): number {
    const goodness = this.#specs[l].goodness ?? this.#learning.goodness;
    return goodness === 'mean-of-squares' ? 1 / units : goodness === 'minus-sum-of-squares' ? -1 : 1;
  }

  /** Groups of layer number `l` that have a goodness each: units lie position by position here. */
  #groups(l: number): number {
    const { groups = 1 } = this.#learning;
    const spec = this.#specs[l];
    if (groups !== 'positions') return groups;
    return spec.kind === 'dense' ? 1 : spec.height * spec.width;
  }

  /** Rows of all layers in one pass from images to the top, with nothing from above. */
  bottomUp(images: Matrix): Rows[] {
    let input = images.map(normalized);
    return this.layers.map(layer => {
      const seen = input.map(row => [...row, ...new Array(layer.weight.length - layer.below).fill(0)]);
      const computed = seen.map(row => layer.compute(row));
      input = computed.map(normalized);
      return { seen, computed, states: computed };
    });
  }

  /** All layers a step on, with a label for each image at the top. */
  move(images: Matrix, labels: readonly number[], before: Rows[]): Rows[] {
    const { labelStrength, damping } = this.#learning as Recurrent;
    const passed = before.map(({ states }) => states.map(normalized));
    return this.layers.map((layer, l) => {
      const below = l === 0 ? images.map(normalized) : passed[l - 1];
      const above =
        passed[l + 1] ??
        labels.map(label =>
          Array.from({ length: this.#classes }, (_, c) => (c === label ? labelStrength : 0)),
        );
      const seen = below.map((row, i) => [...row, ...above[i]]);
      const computed = seen.map(row => layer.compute(row));
      const states = computed.map((row, i) =>
        row.map((y, j) => damping * before[l].states[i][j] + (1 - damping) * y),
      );
      return { seen, computed, states };
    });
  }

  /** Goodness of each image in each layer, (layers, images). */
  goodness(rows: Rows[]): Matrix {
    return rows.map(({ states }, l) => states.map(row => this.#goodness(l, row)));
  }

  probabilities(rows: Rows[]): Matrix {
    const read = this.#learning.readout.from;
    return rows[0].states.map((_, i) => {
      const logits = Array.from({ length: this.#classes }, (_, c) =>
        this.layers.slice(read).reduce((sum, { head }, l) => {
          const row = normalized(rows[read + l].states[i]);
          return row.reduce((s, value, j) => s + value * head[j][c], sum);
        }, 0),
      );
      const powers = logits.map(logit => Math.exp(logit - Math.max(...logits)));
      return powers.map(power => power / powers.reduce((a, b) => a + b));
    });
  }

  /** A step by goodness, from positive rows and the negative one of each. */
  learn(positive: Rows[], negative: Rows[], gain: number): void {
    const { objective, peerNormalisation: peer = 0 } = this.#learning;
    const share = this.#learning.kind === 'recurrent' ? 1 - this.#learning.damping : 1;
    this.#time++;
    this.layers.forEach((layer, l) => {
      if (this.#specs[l].frozen) return;
      const count = positive[l].states.length;
      const { units } = layer;
      const gradient = zeros(layer.weight.length + 1, units);
      layer.means = layer.means.map(
        (mean, j) => 0.9 * mean + 0.1 * (positive[l].states.reduce((sum, row) => sum + row[j], 0) / count),
      );
      const average = layer.means.reduce((a, b) => a + b) / units;
      const size = units / this.#groups(l);
      for (let i = 0; i < count; i++) {
        const weights = Array.from({ length: units / size }, (_, group) => {
          const [good, bad] = [positive, negative].map(rows =>
            this.#goodness(l, rows[l].states[i].slice(group * size, (group + 1) * size)),
          );
          return weigh(objective, good, bad, size * this.#slope(l, size));
        });
        for (const [rows, side, sign, pull] of [
          [positive, 'up', 1, peer],
          [negative, 'down', -1, 0],
        ] as const) {
          const { seen, computed, states } = rows[l];
          for (let j = 0; j < units; j++) {
            const slope = computed[i][j] > 0 ? share * this.#slope(l, size) * states[i][j] : 0;
            const d = sign * weights[Math.floor(j / size)][side] * slope + pull * (average - layer.means[j]);
            seen[i].forEach((x, k) => {
              gradient[k][j] += x * d;
            });
            gradient[layer.weight.length][j] += d;
          }
        }
      }
      gradient.forEach((row, k) => {
        const weight = layer.weight[k] ?? layer.bias;
        const factor = gain * (this.#specs[l].rate ?? this.#learning.optimizer.rate);
        optimizerStep(
          this.#learning.optimizer,
          this.#time,
          weight,
          row,
          layer.first[k],
          layer.second[k],
          count,
          factor,
          k < layer.weight.length,
        );
        layer.isSeen[k]?.forEach((isSeen, j) => {
          if (!isSeen) weight[j] = 0;
        });
      });
    });
  }

  /** A step of the softmax readout on some rows. */
  learnReadout(rows: Rows[], probabilities: Matrix, labels: readonly number[], gain: number): void {
    const { readout } = this.#learning;
    this.layers.forEach(({ units, head, headVelocity }, l) => {
      if (l < readout.from) return;
      const passed = rows[l].states.map(normalized);
      for (let j = 0; j < units; j++) {
        for (let c = 0; c < this.#classes; c++) {
          const sum = passed.reduce(
            (total, row, i) => total + row[j] * ((labels[i] === c ? 1 : 0) - probabilities[i][c]),
            0,
          );
          const velocity = headVelocity[j];
          velocity[c] = readout.momentum * velocity[c] + (1 - readout.momentum) * (sum / labels.length);
          head[j][c] += gain * readout.rate * (velocity[c] - readout.decay * head[j][c]);
        }
      }
    });
  }
}
