// Parquet files as columns, and files of images where a column holds them. The package hyparquet decodes, where it is
// installed, and in a process of its own: a damaged file can make it loop, or fill the heap, which ends a thread's
// whole process.

import { fork } from 'node:child_process';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../errors.ts';
import { fileError } from '../../files/write.ts';
import { PARQUET_PROCESS } from '../parquet-process.ts';
import type { Column } from './columns.ts';
import type { Found } from './parquet-child.ts';

/** What the heap of the process may hold, in MiB. */
const HEAP = 2048;
const MAX_BYTES = 2 ** 31;

/** What a Parquet file holds. */
export interface ParquetColumns {
  readonly count: number;
  readonly columns: readonly Column[];
  /** Absent where there is no column of them. */
  readonly images?: { readonly files: readonly Uint8Array[]; readonly sources: readonly string[] };
}

/** Looks at the marks at both ends; returns the size of the file in bytes. */
export async function checkEnds(path: string): Promise<number> {
  const failed = (error: unknown) => {
    throw fileError('read', path, error);
  };
  const file = await open(path).catch(failed);
  try {
    const { size } = await file.stat().catch(failed);
    const ends = Buffer.alloc(8);
    await file.read(ends, 0, 4, 0).catch(failed);
    await file.read(ends, 4, 4, Math.max(0, size - 4)).catch(failed);
    if (size < 12 || ends.toString('latin1') !== 'PAR1PAR1') {
      throw new InputError(
        `${path}: not a whole Parquet file: expected PAR1 at its beginning and at its end; fetch the file again`,
      );
    }
    if (size > MAX_BYTES) {
      throw new InputError(
        `${path}: expected at most 2 GiB of Parquet, found ${(size / 2 ** 30).toFixed(1)}: take a part of it`,
      );
    }
    return size;
  } finally {
    await file.close();
  }
}

/** The columns of the Parquet file at `path`, read within `seconds`; throws an InputError where that cannot be. */
export function readColumns(path: string, seconds: number): Promise<ParquetColumns> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(PARQUET_PROCESS), [path], {
      execArgv: [`--max-old-space-size=${HEAP}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const columns: Column[] = [];
    const images = { files: [] as Uint8Array[], sources: [] as string[] };
    let clock: NodeJS.Timeout | undefined;
    const refuse = (reason: string) => {
      clearTimeout(clock);
      child.kill('SIGKILL');
      reject(new InputError(`${path}: ${reason}`));
    };
    child.on('message', (found: Found) => {
      if (found.kind === 'ready') {
        clock = setTimeout(() => {
          refuse(
            `not read within ${Math.ceil(seconds)} seconds: the file is damaged, or too large; write it again`,
          );
        }, seconds * 1000);
      } else if (found.kind === 'column') columns.push(found.column);
      else if (found.kind === 'images') {
        images.files.push(...found.files);
        images.sources.push(...found.sources);
      } else if (found.kind === 'refused') refuse(found.reason);
      else {
        clearTimeout(clock);
        resolve({ count: found.count, columns, ...(images.files.length > 0 && { images }) });
      }
    });
    child.on('error', error => refuse(`cannot be read in a process of its own (${error.message})`));
    // After an answer there is nothing left to refuse.
    child.on('exit', () => {
      refuse(
        `the process that reads it ended: the file is damaged, or takes more than ${HEAP / 1024} GiB of memory; write it again`,
      );
    });
  });
}
