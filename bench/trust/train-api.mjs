// Trains on a table by the API, and goes on from its checkpoint where there is one: TABLE LABEL MODEL THREADS.

import { existsSync } from 'node:fs';
import { openCheckpoint, preprocess, readExamples, trainModel } from '../../dist/node/index.js';

const [table, label, model, threads] = process.argv.slice(2);
const checkpoint = `${model}.checkpoint`;
const resume = existsSync(checkpoint) ? await openCheckpoint(checkpoint) : undefined;
const data = preprocess(await readExamples(table), { label });
const learned = await trainModel(data, { threads: Number(threads), checkpoint, resume });
await learned.model.save(model);
await learned.model.close();
