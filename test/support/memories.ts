// Which WebAssembly memories a piece of code makes.

import { vi } from 'vitest';

/** The memories made from now on, until vi.unstubAllGlobals(). */
export function watchMemories(): WebAssembly.Memory[] {
  const memories: WebAssembly.Memory[] = [];
  class Watched extends WebAssembly.Memory {
    constructor(size: WebAssembly.MemoryDescriptor) {
      super(size);
      memories.push(this);
    }
  }
  // Its properties are not enumerable.
  const names = Object.getOwnPropertyNames(WebAssembly) as (keyof typeof WebAssembly)[];
  const original = Object.fromEntries(names.map(name => [name, WebAssembly[name]]));
  vi.stubGlobal('WebAssembly', { ...original, Memory: Watched });
  return memories;
}
