// Loaded before a program whose checkpoints are to come every PAUSE milliseconds and not every minute.

const { setTimeout } = globalThis;
const pause = Number(process.env.PAUSE);

globalThis.setTimeout = (action, delay, ...more) =>
  setTimeout(action, delay === 60_000 ? pause : delay, ...more);
