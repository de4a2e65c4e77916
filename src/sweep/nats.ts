// The names by which a sweep is known on a NATS server, and the way to it. What is kept there: tasks in a stream, of which each is given to
// one worker and again to another where that falls silent; what is small in buckets of keys and values; bytes in object stores.

import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import type { ObjectStore } from '@nats-io/obj';
import type { Authenticator, ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { InputError } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { type Infer, object, oneOf, optional, text, yes } from '../schema.ts';
import { digestOf } from './digest.ts';
import type { Identity } from './identity.ts';

export const TASKS = 'ff-tasks';
/** A worker that has said nothing for so many milliseconds is taken to have ended. */
export const SILENT = 10_000;

/** All that this library uses of a connection. */
export interface Server {
  readonly connection: NatsConnection;
  readonly streams: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Every sweep by its name. */
  readonly sweeps: KV;
  /** Data by their digests. */
  readonly data: ObjectStore;
  /** Where a sweep keeps what its trainings come to; makes it where there is none. */
  readonly createBucket: (sweep: string) => Promise<Bucket>;
  /** The same where it is known to be there. */
  readonly openBucket: (sweep: string) => Promise<Bucket>;
}

export interface Bucket {
  readonly sweep: string;
  readonly values: KV;
  readonly bytes: ObjectStore;
  /** Whether the server has it no more. */
  readonly isRemoved: () => Promise<boolean>;
  /** Removes it, or what is left of it. */
  readonly remove: () => Promise<void>;
}

const entry = object({
  state: oneOf('open', 'stopped', 'done', 'removing'),
  identity: object({ version: text, build: oneOf('relaxed', 'simd'), kernels: text, arithmetic: text }),
  /** Some of its recipes name code to be run. */
  needsModule: optional(yes),
});

/** What the server says of a sweep. */
export type SweepEntry = Infer<typeof entry>;

/** What stands there of a sweep; undefined where nothing does. Throws an InputError for what another version has written. */
export function readEntry(found: KvEntry | null): SweepEntry | undefined {
  return found?.operation === 'PUT' ? entry(found.json(), '') : undefined;
}

/** Whether nobody is to work on a sweep, as its entry says, or that there is none. */
export function isEnded(found: KvEntry | null): boolean {
  const { state } = readEntry(found) ?? {};
  return state === undefined || state === 'stopped' || state === 'removing';
}

/** The subject of a task: nobody is given one who would come to other bits, or may not run it. */
export function subjectOf(consumer: string, sweep: string, trial: string, until: number): string {
  return `${subjectsOf(consumer)}.${sweep}.${trial}.${until}`;
}

export function subjectsOf(consumer: string): string {
  return `ff.tasks.${consumer}`;
}

/** Those who are given tasks of such trainings, under one name. */
export function consumerOf(identity: Identity, needsModule: boolean): string {
  return digestOf(identity).slice(0, 16) + (needsModule ? '-module' : '');
}

export const keys = {
  outcome: (trial: string, until: number) => `outcome.${trial}.${until}`,
  lease: (trial: string) => `lease.${trial}`,
};

const CHECKPOINT = 'checkpoint.';
export const objects = {
  plan: 'plan',
  model: (trial: string) => `model.${trial}`,
  checkpoint: (trial: string, epoch: number, holder: string) => `${CHECKPOINT}${trial}.${epoch}.${holder}`,
  /** The training that an object is a checkpoint of. */
  trialOf: (name: string) => (name.startsWith(CHECKPOINT) ? name.split('.')[1] : undefined),
};

const INSTALL = 'npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv @nats-io/obj';

/**
 * Connects to the server at `url`, with the credentials that the environment names as the nats command does, and finds or makes what all
 * sweeps share; `trouble` is told of a server that does not answer any more. Throws an InputError where the packages are not installed, and
 * where there is no such server or none with JetStream.
 */
export async function connectTo(
  url: string,
  name: string,
  trouble: (text: string) => void = () => {},
): Promise<Server> {
  const packages = await Promise.all([
    import('@nats-io/transport-node'),
    import('@nats-io/jetstream'),
    import('@nats-io/kv'),
    import('@nats-io/obj'),
  ]).catch(cause => {
    throw new InputError(`to reach other machines, ${INSTALL}`, { cause });
  });
  const [
    { connect, credsAuthenticator, nkeyAuthenticator },
    { jetstream, jetstreamManager },
    { Kvm },
    { Objm, setSha256Backend },
  ] = packages;
  // Node's own, as against one in JavaScript.
  setSha256Backend('native');
  const { NATS_CREDS, NATS_NKEY } = process.env;
  const authenticator =
    NATS_CREDS !== undefined
      ? checked(credsAuthenticator(await readBytes(NATS_CREDS)), `${NATS_CREDS} holds no credentials of NATS`)
      : NATS_NKEY !== undefined
        ? checked(
            nkeyAuthenticator(trimmed(await readBytes(NATS_NKEY))),
            `${NATS_NKEY} is not the seed of a key`,
          )
        : undefined;
  const connection = await connect({
    ...(await addressOf(url)),
    name,
    maxReconnectAttempts: -1,
    // Nobody reads a stack trace of where a request was made, and each request would take one.
    noAsyncTraces: true,
    ...(authenticator && { authenticator }),
  }).catch((cause: Error) => {
    throw new InputError(
      `cannot reach the server at ${shownUrl(url)}: ${cause.message}; check --nats, and that nats-server -js runs there`,
      { cause },
    );
  });
  tellStatus(connection, trouble);
  connection.closed().then(error => {
    if (error) trouble(`the server has ended the connection for good: ${error.message}`);
  });
  try {
    const manager = await jetstreamManager(connection);
    const streams = jetstream(connection);
    await manager.streams.add({
      name: TASKS,
      subjects: ['ff.tasks.>'],
      retention: 'workqueue',
      discard: 'new',
      discard_new_per_subject: true,
      max_msgs_per_subject: 1,
    });
    const kvm = new Kvm(streams);
    const objm = new Objm(streams);
    return {
      connection,
      streams,
      manager,
      sweeps: await kvm.create('ff-sweeps'),
      data: await objm.create('ff-data'),
      createBucket: async sweep =>
        bucket(sweep, await kvm.create(`ff-sweep-${sweep}`), await objm.create(`ff-sweep-${sweep}`)),
      openBucket: async sweep =>
        bucket(sweep, await kvm.open(`ff-sweep-${sweep}`), await objm.open(`ff-sweep-${sweep}`, false)),
    };
  } catch (cause) {
    await connection.close();
    throw new InputError(
      `the server at ${shownUrl(url)} does not keep what sweeps need (${(cause as Error).message}): start it with JetStream, nats-server -js`,
      { cause },
    );
  }
}

function bucket(sweep: string, values: KV, bytes: ObjectStore): Bucket {
  /** Whether there is nothing that `work` could be done with. */
  const isGone = async (work: () => Promise<unknown>) => {
    try {
      await work();
      return false;
    } catch (error) {
      if (codeOf(error) === NO_STREAM) return true;
      throw error;
    }
  };
  return {
    sweep,
    values,
    bytes,
    isRemoved: () => isGone(() => values.status()),
    async remove() {
      await isGone(() => values.destroy());
      await isGone(() => bytes.destroy());
    },
  };
}

/** Who signs with a key, once that has proved to be one. */
function checked(authenticator: Authenticator, fault: string): Authenticator {
  try {
    authenticator('');
    return authenticator;
  } catch (cause) {
    throw new InputError(`${fault}: ${(cause as Error).message}`, { cause });
  }
}

function trimmed(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').trim(), 'latin1');
}

async function tellStatus(connection: NatsConnection, trouble: (text: string) => void): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') trouble('the server does not answer: waits for it');
    else if (type === 'reconnect') trouble('the server answers again');
  }
}

/** Options of a connection from a URL, which may hold a user and a password or a token, and from the environment. */
async function addressOf(url: string): Promise<ConnectionOptions & { readonly tls?: object }> {
  const { NATS_USER, NATS_PASSWORD, NATS_TOKEN, NATS_CA, NATS_CERT, NATS_KEY } = process.env;
  const parsed = urlOf(url);
  const [user, pass] = [parsed.username, parsed.password].map(plain);
  // The client would look for `localhost` in the certificate of a server whose address is a number.
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const tls: Record<string, string> = isIP(host) ? { host } : {};
  const files = Object.entries({ caFile: NATS_CA, certFile: NATS_CERT, keyFile: NATS_KEY });
  for (const [name, file] of files) {
    if (file === undefined) continue;
    // The client would not say which of them it has not found.
    await readBytes(file);
    tls[name] = file;
  }
  const needsTls = parsed.protocol === 'tls:' || files.some(([, file]) => file !== undefined);
  return {
    servers: parsed.host,
    ...(user && pass ? { user, pass } : user ? { token: user } : {}),
    ...(!user && NATS_TOKEN !== undefined && { token: NATS_TOKEN }),
    ...(!user && NATS_USER !== undefined && { user: NATS_USER, pass: NATS_PASSWORD ?? '' }),
    ...(needsTls && { tls }),
  };
}

/** What stands for a text in an address. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function urlOf(url: string): URL {
  const given = /^[a-z]+:\/\//i.test(url) ? url : `nats://${url}`;
  const parsed = URL.canParse(given) ? new URL(given) : undefined;
  if (!parsed?.host || !['nats:', 'tls:'].includes(parsed.protocol)) {
    throw new InputError(
      `--nats must be an address such as nats://machine:4222 or tls://machine:4222, found ${url}`,
    );
  }
  return parsed;
}

/** Without what only its owner should read. */
export function shownUrl(url: string): string {
  return urlOf(url).host;
}

/** What JetStream answers: where somebody else has written meanwhile, and where nobody is given tasks under a name. */
export const [OTHERS_WROTE, NO_CONSUMER] = [10_071, 10_014];
/** Where it does not keep anything under a name. */
const NO_STREAM = 10_059;
/** Where there is no room left, for streams and for one of them. */
const FULL = [10_023, 10_047, 10_077];

export function codeOf(error: unknown): number | undefined {
  return (error as { readonly code?: number }).code;
}

/** Whether a server that has answered so, or has not answered, is to be asked again later. */
export function isPassing(error: unknown): boolean {
  const names = [
    'TimeoutError',
    'NoResponders',
    'RequestError',
    'ConnectionError',
    'JetStreamNotEnabled',
    // A server that ends, and one that has fallen silent, where it is waited for a task.
    'JetStreamStatusError',
    'JetStreamError',
  ];
  const code = codeOf(error);
  if (code !== undefined && FULL.includes(code)) return false;
  const { name, status } = error as { readonly name?: string; readonly status?: number };
  return names.includes(name ?? '') || status === 503 || code === 503 || code === 10_008;
}

const PAUSE = 500;

/** Does `work` until the server answers; throws what it says then, and what it has not said where the signal ends the waiting. */
export async function persist<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (code !== undefined && FULL.includes(code)) {
        throw new Error(
          'the server has no room left for what sweeps keep: give JetStream more, or remove old sweeps',
          { cause: error },
        );
      }
      if (!isPassing(error) || signal?.aborted) throw error;
      await pause(PAUSE);
    }
  }
}

/** The sweep is no longer on the server. */
export class Removed extends Error {}

/** Does `work` with what a sweep keeps until the server answers, or does not have that any more: then throws a Removed. */
export function persistIn<T>(bucket: Bucket, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return persist(async () => {
    try {
      return await work();
    } catch (error) {
      // What is not there does not answer either.
      if (await bucket.isRemoved()) throw new Removed(`sweep ${bucket.sweep} has been removed`);
      throw error;
    }
  }, signal);
}

/** Does what can be done again later: a server that does not answer holds up no training. */
export async function meanwhile<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw error;
  }
}

/** Bytes that are fetched in a second at least, and seconds that may pass before. */
const [SLOWEST, FIRST] = [100_000, 20];

/** The bytes of an object; undefined where there is none. Throws what is passing where they do not come, as where somebody writes it meanwhile. */
export async function bytesIn(store: ObjectStore, name: string): Promise<Uint8Array | undefined> {
  const info = await store.info(name);
  if (!info || info.deleted) return undefined;
  const end = new AbortController();
  const late = pause(1000 * (FIRST + info.size / SLOWEST), undefined, { signal: end.signal }).then(() => {
    throw Object.assign(new Error(`${name} does not come`), { name: 'TimeoutError' });
  });
  try {
    return (await Promise.race([store.getBlob(name), late])) ?? undefined;
  } finally {
    end.abort();
    late.catch(() => {});
  }
}

/** Chunks as object stores take them. */
export function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
