// Disks that are soon full. Only root can make them, and not everywhere.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BLOCK = 4096;

/** Makes the folder `place` a disk of so many bytes. */
export function mountSmallDisk(place: string, bytes: number): void {
  const size = `size=${Math.ceil(bytes / BLOCK) * BLOCK}`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', place], { stdio: 'ignore' });
}

export function unmountSmallDisk(place: string): void {
  execFileSync('umount', [place]);
}

export const hasSmallDisks = (() => {
  const place = mkdtempSync(join(tmpdir(), 'ff-disk-'));
  try {
    mountSmallDisk(place, BLOCK);
    unmountSmallDisk(place);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true });
  }
})();
