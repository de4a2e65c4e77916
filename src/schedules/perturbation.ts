// Learning without any gradient, for comparison (section 1 of the paper): noise on all weights, then its opposite, and a step
// along the noise in proportion to how much likelier it made the right labels. The noise comes from counters, so that it is
// made again for each pass and never kept.

import { noiseStream } from '../kernels/random-streams.ts';
import { ClassifierProgram } from './classifier.ts';
import type { TrainJob } from './job.ts';
import { gain } from './rates.ts';

/** A label that is not believed at all costs this log, not minus infinity. */
const LEAST = 1e-30;

export class PerturbationProgram extends ClassifierProgram {
  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { thread, recipe } = this;
    const { learning } = recipe;
    if (learning.kind !== 'perturbation') throw new Error('a session without perturbation');
    const { deviation, rate, readout } = learning;
    const time = this.batchNumber(job, index) - 1;
    this.#move(time, deviation, deviation);
    this.writeBatch(job, index, images);
    const better = this.#try(images);
    if (thread.isFirst) this.account(index, images, 0);
    // No barrier: a thread multiplies by weights that it has moved itself, and the readout's are looked at after one.
    this.#move(time, -2 * deviation, -2 * deviation);
    const worse = this.#try(images);
    // Labels and probabilities may go, and the weights of the readout: all have seen them.
    thread.wait();
    const along =
      (gain(job.epoch, job.epochs, recipe.holdShare, recipe.cosineTo) * (better - worse)) / (2 * deviation);
    this.#move(time, deviation + along * rate, deviation + along * readout.rate);
  }

  /** The reward: the mean log probability of the right labels; the same number on every thread. */
  #try(images: number): number {
    const { classes } = this.session;
    const { probabilities, labels } = this.readout;
    this.forward(0, images, images);
    this.read(0, images);
    // All probabilities are there, and the totals. The weights of the readout may go.
    this.thread.wait();
    let sum = 0;
    for (let i = 0; i < images; i++) sum += Math.log(LEAST + probabilities[i * classes + labels[i]]);
    return sum / images;
  }

  /** Moves this thread's share of the weights along the noise of step `time`, that many times. */
  #move(time: number, layers: number, readout: number): void {
    const { seed, classes } = this.session;
    const matrices = this.layers.length + 1;
    for (let l = 0; l < this.layers.length; l++) {
      const { kernels, plan } = this.layers[l];
      const { at, inputs, units, panels } = plan;
      const noise = noiseStream(time * matrices + l);
      const [begin, end] = [this.thread.begin(panels), this.thread.end(panels)];
      kernels.perturbWeights(at.weights, begin, end, inputs, units, seed, noise, layers, 1);
    }
    const { kernels, plan } = this.layers[this.layers.length - 1];
    const { weights, width, panels } = plan.head!;
    const noise = noiseStream(time * matrices + this.layers.length);
    const [begin, end] = [this.thread.begin(panels), this.thread.end(panels)];
    kernels.perturbWeights(weights, begin, end, width, classes, seed, noise, readout, 0);
  }
}
