// What kernels read of a layer of convolutions and nothing changes.

import { PANEL, ROW_BYTES } from '../../kernels/panels.ts';
import type { ConvPlan } from './plan.ts';

/**
 * Writes what makes the optimizer's step take each row of the summed gradient as it is, and which inputs a group sees: once. No bias is moved
 * where there is none.
 */
export function writeConstants(plan: ConvPlan, memory: WebAssembly.Memory): void {
  const { at, fanIn, isBiased, norm, channelGroups } = plan;
  const [u32, f32] = [new Uint32Array(memory.buffer), new Float32Array(memory.buffer)];
  const takeRows = ({ columns, lists }: { columns: number; lists: number }, rows: number) => {
    for (let k = 0; k < rows; k++) {
      u32[(columns >>> 2) + 2 * k] = 8 * k;
      u32[(columns >>> 2) + 2 * k + 1] = 8 * k + 8;
      u32[(lists >>> 2) + 2 * k] = k * ROW_BYTES;
      f32[(lists >>> 2) + 2 * k + 1] = 1;
    }
  };
  takeRows(at, fanIn + 1);
  if (!isBiased) u32[(at.columns >>> 2) + 2 * fanIn + 1] = 8 * fanIn;
  if (norm) takeRows(norm, norm.stride);
  if (channelGroups > 1) writeMasks(plan, u32);
}

/** (panels, inputs of a patch): a bit for each unit of a panel that sees an input. */
function writeMasks(
  { at, panels, fanIn, channels, channelGroups, below, depth }: ConvPlan,
  u32: Uint32Array,
): void {
  for (let panel = 0; panel < panels; panel++) {
    for (let k = 0; k < fanIn; k++) {
      const group = Math.floor(((k % depth) * channelGroups) / below.channels);
      let bits = 0;
      for (let unit = panel * PANEL; unit < Math.min(channels, (panel + 1) * PANEL); unit++) {
        if (Math.floor((unit * channelGroups) / channels) === group) bits |= 1 << (unit % PANEL);
      }
      u32[(at.masks >>> 2) + panel * fanIn + k] = bits;
    }
  }
}
