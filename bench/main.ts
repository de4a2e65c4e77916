// npm run bench: lists the benches; npm run bench -- NAME: runs one. Each answers one question.

const benches: Record<string, { readonly asks: string; readonly run: () => Promise<void> }> = {
  newcomer: {
    asks: 'how long does somebody wait who has just cloned the project? (a minute)',
    run: async () => (await import('./newcomer.ts')).run(),
  },
  quick: {
    asks: 'how good does the default recipe get, and how fast? (3 seeds, 2 minutes)',
    run: async () => (await import('./quick.ts')).run(),
  },
  'time-to-accuracy': {
    asks: 'how many seconds of training to 2, 1.5, 1.36 and 1 % test error, against backpropagation in PyTorch? (3 seeds, half an hour)',
    run: async () => (await import('./time-to-accuracy.ts')).run(),
  },
  epoch: {
    asks: 'how long is an epoch of each recipe? (3 minutes)',
    run: async () => (await import('./epoch.ts')).run(),
  },
  rivals: {
    asks: 'the same recipe in PyTorch, TensorFlow.js and jax-js: how long is an epoch? (30 minutes)',
    run: async () => (await import('./rivals.ts')).run(),
  },
  'rivals-conv': {
    asks: 'the recipe of convolutions for colour, local losses and all, in PyTorch, TensorFlow.js and jax-js: how long is a training step? (15 minutes)',
    run: async () => (await import('./rivals-conv.ts')).run(),
  },
  scale: {
    asks: 'how does cost grow with width and depth, up to a billion connections? (10 minutes, 12 GiB)',
    run: async () => (await import('./scale.ts')).run(),
  },
  predict: {
    asks: 'how long does one prediction take, and how much CPU, against onnxruntime-web and TensorFlow.js? (3 minutes)',
    run: async () => (await import('./predict.ts')).run(),
  },
  start: {
    asks: 'how long from import to the first answer, and how many bytes?',
    run: async () => (await import('./start.ts')).run(),
  },
  threads: {
    asks: 'how much faster is the reference network with more threads? (2 minutes)',
    run: async () => (await import('./threads.ts')).run(),
  },
  'conv-accuracy': {
    asks: 'how good do the recipes with convolutions get on MNIST, Fashion-MNIST and CIFAR-10, and how fast, against backpropagation in PyTorch? (two hours)',
    run: async () => (await import('./conv-accuracy.ts')).run(),
  },
  'conv-kernels': {
    asks: 'how near are convolutions to what one core can do at 128 bits, zeros counted and not? (3 minutes)',
    run: async () => (await import('./conv-kernels.ts')).run(),
  },
  kernels: {
    asks: "how near are the products to this machine's limit, and where is dense faster than sparse?",
    run: async () => (await import('./kernels.ts')).run(),
  },
  memory: {
    asks: 'does a training process grow, and what do convolutions take? (2 minutes)',
    run: async () => (await import('./memory.ts')).run(),
  },
  reading: {
    asks: 'what do MNIST as CSV, four million rows and 100,000 columns take to be read and learned from? (6 minutes)',
    run: async () => (await import('./reading.ts')).run(),
  },
  tables: {
    asks: "own tables with default settings against scikit-learn's MLPClassifier: whose error is lower? (5 minutes)",
    run: async () => (await import('./tables.ts')).run(),
  },
  'own-data-page': {
    asks: 'a table of 10,000 rows learned in a page and in Node: how much longer does the page take, and is it ever held up? (2 minutes)',
    run: async () => (await import('./own-data-page.ts')).run(),
  },
  clusters: {
    asks: "a hundred classes against scikit-learn's LogisticRegression: whose error is lower? And what do 10,000 cost? (10 minutes)",
    run: async () => (await import('./clusters.ts')).run(),
  },
  reference: {
    asks: 'does hinton-supervised, trained as its author trained it, reach the error he reached? (15 minutes)',
    run: async () => (await import('./reference.ts')).run(),
  },
  crash: {
    asks: 'are trainings that are killed at any instant, also while they save, gone on with to the same bits? (half an hour)',
    run: async () => (await import('./trust/crash.ts')).run(),
  },
  checkpoints: {
    asks: 'how much of a minute does the checkpoint cost that is written in it? (half a minute)',
    run: async () => (await import('./trust/checkpoints.ts')).run(),
  },
  faults: {
    asks: 'is every fault of a thread, in every call, told within 5 s, and does everything go on after it? (8 minutes)',
    run: async () => (await import('./trust/faults.ts')).run(),
  },
  disk: {
    asks: 'what is left of a training whose disk is full, from no room to enough? (root, 2 minutes)',
    run: async () => (await import('./trust/disk.ts')).run(),
  },
  machines: {
    asks: 'are the models of four machines those of one, whoever is killed or cut off meanwhile? (root and nats-server, half an hour)',
    run: async () => (await import('./machines/disturbed.ts')).run(),
  },
  'machines-overhead': {
    asks: 'what does the queue cost, with one worker and with twenty? (nats-server, 5 minutes)',
    run: async () => (await import('./machines/overhead.ts')).run(),
  },
  soak: {
    asks: 'does a process grow that makes, trains, saves and closes networks for two hours?',
    run: async () => (await import('./trust/soak.ts')).run(),
  },
};

const name = process.argv[2];
if (name && Object.hasOwn(benches, name)) {
  await benches[name].run();
} else {
  for (const [known, { asks }] of Object.entries(benches)) console.log(`${known.padEnd(16)} ${asks}`);
  if (name) process.exitCode = 2;
}
