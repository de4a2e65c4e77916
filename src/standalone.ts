// forward-forward/standalone: all that a page can have, in one file that imports nothing, for pages without a bundler.

export * from './browser.ts';
export * from './browser-own-data.ts';
export * from './pictures.ts';
