// Layers that learn each by itself, from rows that have been forward through all of them.

import { SKIP } from '../kernels/panels.ts';
import type { Layer } from '../layers/layer.ts';
import type { BatchRows } from '../layers/rows.ts';
import { ClassesObjective } from '../objectives/classes.ts';
import { ContrastObjective } from '../objectives/contrast.ts';
import type { Objective } from '../objectives/objective.ts';
import { isFrozen, type Layerwise, layerGoodness, layerRate, type Recipe } from '../recipes/recipe.ts';
import type { ActivationTransform } from './between-layers.ts';
import { extras } from './extras.ts';
import type { EvaluateJob, TrainJob } from './job.ts';
import { ThreadProgram, unitsOn } from './program.ts';
import { gain, NOTHING, phaseAt } from './rates.ts';
import type { Thread } from './thread.ts';

/** What the layers of a recipe want. */
function objectiveOf({ layers }: Recipe, learning: Layerwise): Objective {
  if (learning.kind === 'classes') {
    const { similarity } = learning;
    return new (similarity === undefined ? ClassesObjective : extras.SimilarityObjective)(learning);
  }
  if (learning.kind === 'self-contrast') return new extras.SelfContrastObjective(learning);
  const goodness = layers.map(layer => layerGoodness(learning, layer));
  return new ContrastObjective(learning.objective, goodness);
}

export abstract class LayerwiseProgram<Kind extends Layer = Layer> extends ThreadProgram<Kind> {
  protected readonly learning: Layerwise;
  protected readonly objective: Objective;

  constructor(thread: Thread, layers: readonly Kind[], learning: Layerwise, between?: ActivationTransform) {
    super(thread, layers, between);
    this.learning = learning;
    this.objective = objectiveOf(this.recipe, learning);
  }

  protected override look(layer: Layer, begin: number, end: number): void {
    this.objective.look(layer, begin, end);
  }

  protected override handOn(l: number, begin: number, end: number): void {
    if (!this.objective.isNormalizing) super.handOn(l, begin, end);
  }

  /** Fills a job's goodness of label `label`, which rows `row` … had or were asked for, of this thread's share of the examples from `first`. */
  protected tellGoodness(job: EvaluateJob, first: number, images: number, row: number, label: number): void {
    const { layers, objective } = this;
    const { classes } = this.session;
    const [begin, end] = [this.thread.begin(images), this.thread.end(images)];
    for (let i = begin; i < end; i++) {
      for (let l = 0; l < layers.length; l++) {
        const place = ((first + i) * layers.length + l) * classes + label;
        job.goodness[place] = objective.goodness(layers[l], l, row + i, label);
      }
    }
  }

  /**
   * A step of every layer by its own goodness. All rows have been forward, those that this batch does not learn from too: what is told
   * of an epoch is of both. A batch may have several such steps, of which this is number `turn`.
   */
  protected learn(job: TrainJob, index: number, rows: BatchRows, turn = 1, turns = 1): void {
    const { thread, layers, learning, objective, recipe } = this;
    const { images } = rows;
    const time = this.batchNumber(job, index);
    const batchPhase = phaseAt('phases' in learning ? learning.phases : undefined, time);
    const phases = recipe.layers.map(layer => (isFrozen(learning, layer) ? NOTHING : batchPhase));
    const peerNormalisation = 'peerNormalisation' in learning ? (learning.peerNormalisation ?? 0) : 0;
    const peerOf = (l: number) => (phases[l].positive ? peerNormalisation : 0);
    const [begin, end] = [thread.begin(images), thread.end(images)];
    if (objective.show) {
      for (let l = 0; l < layers.length; l++) {
        objective.show(layers[l], l, rows, this.readout.labels, begin, end);
      }
      // Every image is known to all.
      thread.wait();
    }
    for (let l = 0; l < layers.length; l++) {
      objective.compare(layers[l], l, rows, this.readout.labels, phases[l], begin, end);
      if (peerOf(l)) layers[l].updateMeans(rows, thread);
    }
    // Targets, coefficients and means of all rows and units are there; activities are not yet overwritten by panels.
    thread.wait();

    if (thread.isFirst) {
      this.#addLayers(rows, 1 / turns);
      if (turn === turns) this.finish(index, images);
    }
    for (let l = 0; l < layers.length; l++) {
      if (isFrozen(learning, recipe.layers[l])) continue;
      objective.gradientRows(layers[l], rows, peerOf(l), thread);
      layers[l].listColumns(rows, peerOf(l), thread);
    }
    // Gradient rows and columns are there: weights may move.
    thread.wait();

    const factor = gain(job.epoch, job.epochs, recipe.holdShare, recipe.cosineTo);
    for (let l = 0; l < layers.length; l++) {
      const setting = recipe.layers[l];
      if (isFrozen(learning, setting)) continue;
      const rate = factor * layerRate(learning.optimizer, setting);
      const step = (time - 1) * turns + turn;
      layers[l].step(learning.optimizer, rate, images, step, thread);
      if (l % thread.parts === thread.part) {
        objective.step(layers[l], learning.optimizer, rate, images, step);
      }
    }
    if (turn === turns) this.stepReadout(images, rows.read, factor);
  }

  /** Adds `weight` times what each layer looked like; for one thread. */
  #addLayers(rows: BatchRows, weight: number): void {
    const { images, read } = rows;
    const positive = rows.first('positive');
    const negative = rows.find('negative');
    const { labels } = this.readout;
    this.layers.forEach((layer, l) => {
      const { plan, u32 } = layer;
      const targets = plan.at.targets >>> 2;
      let [good, bad, active] = [0, 0, 0];
      for (let i = 0; i < images; i++) {
        good += this.objective.goodness(layer, l, positive + i, labels[i]);
        if (u32[targets + positive + i] !== SKIP) active++;
        if (negative === undefined) {
          bad += this.objective.negativeGoodness?.(layer, positive + i) ?? 0;
          continue;
        }
        bad += this.objective.goodness(layer, l, negative + i, labels[i]);
        if (u32[targets + negative + i] !== SKIP) active++;
      }
      // Told as if of two rows an image.
      if (negative === undefined) active *= 2;
      const on = unitsOn(layer, read, images);
      this.thread.control.addLayer(l, weight * good, weight * bad, weight * on, weight * active);
    });
  }
}
