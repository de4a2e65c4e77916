// Where in an image the log probability of its class comes from: what each part of it adds, in the convolutions that have a map to
// classes.

import { type Dataset, slice } from '../data/dataset.ts';
import { PANEL, ROW_BYTES } from '../kernels/panels.ts';
import type { ConvPlan } from '../layers/conv/plan.ts';
import { classHeadsOf } from '../layers/layer.ts';
import type { Network } from '../network/network.ts';
import { readFrom } from '../recipes/recipe.ts';
import type { Session } from '../schedules/session.ts';

/** Of one example, in one layer. */
export interface EvidenceMap {
  /** Counted from 1. */
  readonly layer: number;
  readonly cells: number;
  /**
   * (cells, cells) by how much each adds to the log probability of the class, less what it adds on average to those of all classes. Their
   * sum is the layer's log probability of the class, less the mean of all.
   */
  readonly values: Float32Array;
}

/**
 * The maps of example `index` of `data` for the class that is its label, one for each layer of convolutions that is read; none where the
 * network has no such layers.
 */
export async function classEvidence(network: Network, data: Dataset, index: number): Promise<EvidenceMap[]> {
  const { session } = network;
  if (!session.plans.some(({ kind, classHeads }) => kind === 'conv' && classHeads)) return [];
  await network.evaluate(slice(data, index, index + 1));
  return network.atRest(() =>
    session.plans.flatMap((plan, l) =>
      plan.kind === 'conv' && plan.classHeads && l >= readFrom(session.recipe)
        ? [{ layer: l + 1, ...evidenceIn(session, l, data.labels[index]) }]
        : [],
    ),
  );
}

/** What layer `l` saw in the example that was asked about last, the first row of its batch. */
function evidenceIn({ plans, memories }: Session, l: number, label: number) {
  const { cells } = plans[l] as ConvPlan;
  const [{ rows, entries, weights, width, classes }] = classHeadsOf(plans[l]).groups;
  const [u32, f32] = [new Uint32Array(memories[l].buffer), new Float32Array(memories[l].buffer)];
  const weightOf = (input: number, c: number) =>
    f32[(weights >>> 2) + (Math.floor(c / PANEL) * (width + 1) + input) * PANEL + (c % PANEL)];
  const values = new Float32Array(cells * cells);
  const [begin, end] = [u32[rows >>> 2], u32[(rows >>> 2) + 1]].map(at => (entries + at) >>> 2);
  for (let at = begin; at < end; at += 2) {
    const input = u32[at] / ROW_BYTES;
    let all = 0;
    for (let c = 0; c < classes; c++) all += weightOf(input, c);
    values[Math.floor((input * cells * cells) / width)] +=
      f32[at + 1] * (weightOf(input, label) - all / classes);
  }
  return { cells, values };
}
