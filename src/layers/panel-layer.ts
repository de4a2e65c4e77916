// What layers have in common whose rows are units in panels: (panels, rows, 32), each unit with weights of its own.

import { ROW_BYTES } from '../kernels/panels.ts';
import type { WorkShare } from '../threads/share.ts';
import { classHeadsOf, Layer, type MappedActivity } from './layer.ts';
import type { PanelPlan } from './plan.ts';
import type { BatchRows } from './rows.ts';

export abstract class PanelLayer<Plan extends PanelPlan = PanelPlan> extends Layer<Plan> {
  // ----- what differs ------------------------------------------------------------------------------------------------

  /** Adds to the gradient rows of panels `begin` to `end` what peer normalisation of a `strength` above 0 asks for. */
  protected abstract peerRows(strength: number, begin: number, end: number): void;

  // ----- forward -----------------------------------------------------------------------------------------------------

  sumGoodness(begin: number, end: number): void {
    const { at, stride, panels, groups } = this.plan;
    const { kernels } = this;
    kernels.sumGoodness(at.totals, at.goodness, begin, end, stride, 1, panels);
    if (groups === 1) return;
    kernels.sumGoodness(at.groupTotals, at.goodness, begin, end, stride, groups, panels / groups);
  }

  normalize(begin: number, end: number): void {
    const { at, stride, panels, units } = this.plan;
    const { outputRows, outputEntries, states, goodness } = at;
    this.kernels.normalizeRows(
      outputRows,
      outputEntries,
      states,
      goodness,
      begin,
      end,
      stride,
      panels,
      units,
    );
  }

  /** Compresses rows `begin` to `end` into the output as they are. */
  compress(begin: number, end: number): void {
    const { at, stride, panels } = this.plan;
    this.kernels.compressRows(at.outputRows, at.outputEntries, at.activity, begin, end, stride, panels, 0);
  }

  writeFeatures(activity: MappedActivity, begin: number, end: number): void {
    if (activity === 'normalized') {
      this.normalize(begin, end);
      return;
    }
    const { stride } = this.plan;
    const isSquared = activity === 'squares' ? 1 : 0;
    const { groups, panels } = classHeadsOf(this.plan);
    groups.forEach(({ rows, entries }, g) => {
      const from = this.#groupActivity(g);
      this.kernels.compressRows(rows, entries, from, begin, end, stride, panels, isSquared);
    });
  }

  /** Where the activity of a group begins that has a map to classes. */
  #groupActivity(group: number): number {
    const { at, stride } = this.plan;
    return at.activity + group * classHeadsOf(this.plan).panels * stride * ROW_BYTES;
  }

  // ----- learning ----------------------------------------------------------------------------------------------------

  updateMeans(rows: BatchRows, share: WorkShare): void {
    const { at, stride, panels } = this.plan;
    const states = at.states + rows.first('positive') * ROW_BYTES;
    const [begin, end] = [share.begin(panels), share.end(panels)];
    this.kernels.updateMeans(at.means, at.panelSums, states, begin, end, rows.images, stride, 0.9);
  }

  // In place: activities become gradient rows.
  gradientRows(rows: BatchRows, peer: number, share: WorkShare): void {
    const { at, stride, panels, groups, sharesImages, sharedRow } = this.plan;
    const { kernels } = this;
    const { images } = rows;
    const [begin, end] = [share.begin(panels), share.end(panels)];
    const [positive, negative] = [rows.first('positive'), rows.first('negative')];
    for (const first of [positive, negative]) {
      const last = first + images;
      const { activity, coefficients, targets } = at;
      kernels.goodnessGradient(
        activity,
        coefficients,
        targets,
        begin,
        end,
        first,
        last,
        stride,
        panels / groups,
      );
    }
    if (sharesImages) {
      kernels.addGradients(
        at.activity,
        at.targets,
        begin,
        end,
        images,
        stride,
        positive,
        negative,
        sharedRow,
      );
    }
    if (peer) this.peerRows(peer, begin, end);
  }

  featureGradient(activity: MappedActivity, begin: number, end: number): void {
    const { kernels, plan } = this;
    const { at, stride, batch } = plan;
    const heads = classHeadsOf(plan);
    heads.groups.forEach((head, g) => {
      const { rows, entries, gradient, logits, weights, width } = head;
      const inputs = this.#groupActivity(g);
      kernels.transposedProduct(
        inputs,
        rows,
        entries,
        gradient,
        weights,
        at.targets,
        begin,
        end,
        stride,
        width,
        head.panels,
        1,
        batch,
        activity === 'squares' ? 1 : 0,
      );
      if (activity !== 'normalized') return;
      kernels.throughLength(
        inputs,
        rows,
        entries,
        at.goodness,
        gradient,
        logits,
        at.targets,
        begin,
        end,
        stride,
        plan.units,
        heads.panels,
        head.panels,
        batch,
      );
    });
  }
}
