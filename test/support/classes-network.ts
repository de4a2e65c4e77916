// Layers that tell classes apart, as the equations have it, in double precision and in the plainest way. Shares no code with the
// library.

import { type Matrix, normalized } from './matrix.ts';

export interface PlainLayer {
  readonly weight: Matrix;
  readonly bias: number[];
  /** (units, classes); a block of units for each group stands below the other. */
  readonly map: Matrix;
}

/** What a step asks of a layer: the gradient of the sum of log probabilities, for the squares without its constant 2. */
interface PlainGradient {
  readonly weight: Matrix;
  readonly bias: number[];
  readonly map: Matrix;
}

export class ClassesNetwork {
  readonly layers: PlainLayer[];
  readonly #activity: 'linear' | 'squares' | 'normalized';
  readonly #groups: number;

  constructor(layers: PlainLayer[], activity: 'linear' | 'squares' | 'normalized', groups = 1) {
    this.layers = layers;
    this.#activity = activity;
    this.#groups = groups;
  }

  /** Normalised inputs and activities of every layer. */
  pass(inputs: Matrix): { x: Matrix; y: Matrix }[] {
    let x = inputs.map(normalized);
    return this.layers.map(({ weight, bias }) => {
      const seen = x;
      const y = seen.map(row =>
        bias.map((b, j) =>
          Math.max(
            0,
            row.reduce((sum, value, k) => sum + value * weight[k][j], b),
          ),
        ),
      );
      x = y.map(normalized);
      return { x: seen, y };
    });
  }

  /** The probabilities of each class in each group of a layer, for one row of activities. */
  probabilities(layer: PlainLayer, y: number[]): Matrix {
    const size = y.length / this.#groups;
    const phi = this.#phi(y);
    return Array.from({ length: this.#groups }, (_, g) => {
      const logits = layer.map[0].map((_, c) => {
        let sum = 0;
        for (let u = g * size; u < (g + 1) * size; u++) sum += phi[u] * layer.map[u][c];
        return sum;
      });
      const most = Math.max(...logits);
      const powers = logits.map(logit => Math.exp(logit - most));
      const all = powers.reduce((a, b) => a + b);
      return powers.map(power => power / all);
    });
  }

  /** The sum over rows and groups of the log probability of the right class, of one layer. */
  logLikelihood(layer: PlainLayer, rows: Matrix, labels: number[]): number {
    return rows.reduce(
      (sum, y, i) => this.probabilities(layer, y).reduce((inner, p) => inner + Math.log(p[labels[i]]), sum),
      0,
    );
  }

  gradient(l: number, inputs: Matrix, labels: number[]): PlainGradient {
    const layer = this.layers[l];
    const { x, y } = this.pass(inputs)[l];
    const units = layer.bias.length;
    const size = units / this.#groups;
    const made = {
      weight: layer.weight.map(row => row.map(() => 0)),
      bias: layer.bias.map(() => 0),
      map: layer.map.map(row => row.map(() => 0)),
    };
    y.forEach((row, i) => {
      const probabilities = this.probabilities(layer, row);
      const phi = this.#phi(row);
      const rms = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / units);
      // Of normalised activities, how far all of them pull along the row itself.
      const along = phi.reduce((sum, value, u) => {
        const back = probabilities[0].reduce(
          (inner, p, c) => inner + ((c === labels[i] ? 1 : 0) - p) * layer.map[u][c],
          0,
        );
        return sum + value * back;
      }, 0);
      for (let u = 0; u < units; u++) {
        if (row[u] === 0) continue;
        const wanted = probabilities[Math.floor(u / size)].map((p, c) => (c === labels[i] ? 1 : 0) - p);
        const back = wanted.reduce((sum, d, c) => sum + d * layer.map[u][c], 0);
        const delta = {
          linear: back,
          squares: back * row[u],
          normalized: (back - (phi[u] * along) / units) / rms,
        }[this.#activity];
        made.bias[u] += delta;
        for (let k = 0; k < x[i].length; k++) made.weight[k][u] += delta * x[i][k];
        wanted.forEach((d, c) => {
          made.map[u][c] += d * phi[u];
        });
      }
    });
    return made;
  }

  /** What the map reads of a row. */
  #phi(y: number[]): number[] {
    if (this.#activity === 'normalized') return normalized(y);
    return this.#activity === 'squares' ? y.map(value => value * value) : y;
  }
}
