// npm run bench: lists the benches; npm run bench -- NAME: runs one. Each answers one question.

const benches: Record<string, { readonly asks: string; readonly run: () => Promise<void> }> = {
  reference: {
    asks: 'does hinton-supervised, trained as its author trained it, reach the error he reached?',
    run: async () => (await import('./reference.ts')).run(),
  },
};

const name = process.argv[2];
if (name && Object.hasOwn(benches, name)) {
  await benches[name].run();
} else {
  for (const [known, { asks }] of Object.entries(benches)) console.log(`${known.padEnd(12)} ${asks}`);
  if (name) process.exitCode = 2;
}
