// A sweep by workers who meet at a NATS server: whoever is killed, every training comes to the bits that it has on one machine, once.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../src/sweep/digest.ts';
import { Lease } from '../../src/sweep/lease.ts';
import { connectTo, consumerOf, keys, type Server, subjectOf, TASKS } from '../../src/sweep/nats.ts';
import { entryOf, planIn } from '../../src/sweep/served.ts';
import { writeBlocks } from '../support/blocks.ts';
import { MAIN, parseLines, runCommand } from '../support/command.ts';
import { hasServer, NatsServer } from '../support/nats.ts';
import { hasSmallDisks, mountSmallDisk, unmountSmallDisk } from '../support/small-disk.ts';
import { blocksSweep, planOf } from '../support/sweep.ts';

const { recipes: recipe } = blocksSweep;

let folder: string;
/** What one machine comes to: the digest of each model. */
let expected: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-served-'));
  await writeBlocks(join(folder, 'blocks'), 1200, 50);
  await write('alone', {});
  const { code } = await runCommand(folder, ['sweep', 'alone.json', '--quiet']);
  expect(code).toBe(0);
  const trainings = join(folder, 'runs/sweeps/alone/trainings');
  const models = readdirSync(trainings).filter(name => /^[0-9a-f]{16}\.safetensors$/.test(name));
  expected = Object.fromEntries(
    models.map(name => [name.slice(0, 16), digestOfBytes([readFileSync(join(trainings, name))])]),
  );
  expect(models.length).toBe(4);
});
afterAll(() => rm(folder, { recursive: true }));

const write = (name: string, more: object) =>
  writeFile(join(folder, `${name}.json`), JSON.stringify({ ...blocksSweep, name, ...more }));

/** The training of the recipe as it is, by the first seed. */
function asItIs(): string {
  const { ranking } = JSON.parse(readFileSync(join(folder, 'runs/sweeps/alone/results.json'), 'utf8'));
  const candidate = ranking.find(({ changed }: { changed: object }) => Object.values(changed)[0] === 0.002);
  return candidate.trainings.find(({ seed }: { seed: number }) => seed === 1).trial;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What a sweep says of each training. */
function modelsOf(name: string): Record<string, string> {
  const results = JSON.parse(readFileSync(join(folder, 'runs/sweeps', name, 'results.json'), 'utf8'));
  const trainings = results.ranking.flatMap(({ trainings }: { trainings: object[] }) => trainings);
  return Object.fromEntries(
    trainings.map(({ trial, model }: { trial: string; model: string }) => [trial, model]),
  );
}

describe.skipIf(!hasServer)('by a NATS server (left out where nats-server is not installed)', () => {
  let server: NatsServer;
  let workers: Working[] = [];
  beforeEach(async () => {
    server = await NatsServer.start(await mkdtemp(join(folder, 'server-')));
  });
  afterEach(async () => {
    for (const worker of workers) worker.child.kill('SIGKILL');
    workers = [];
    await server.kill();
  });

  interface Working {
    readonly child: ChildProcess;
    readonly lines: () => Record<string, unknown>[];
    readonly stderr: () => string;
    /** Resolves once it has said something that matches. */
    readonly said: (what: RegExp) => Promise<void>;
    readonly ended: Promise<number | null>;
  }

  function work(environment: NodeJS.ProcessEnv = {}, words: string[] = []): Working {
    const child = spawn(process.execPath, [MAIN, 'worker', '--nats', server.url, '--json', ...words], {
      cwd: folder,
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...environment },
    });
    let [stdout, stderr] = ['', ''];
    const waiting: { what: RegExp; resolve: () => void }[] = [];
    const look = () => {
      for (const { what, resolve } of waiting) if (what.test(stdout + stderr)) resolve();
    };
    child.stdout.on('data', chunk => {
      stdout += chunk;
      look();
    });
    child.stderr.on('data', chunk => {
      stderr += chunk;
      look();
    });
    const working: Working = {
      child,
      lines: () => (stdout ? parseLines(stdout.slice(0, stdout.lastIndexOf('\n'))) : []),
      stderr: () => stderr,
      said: what =>
        new Promise(resolve => {
          waiting.push({ what, resolve });
          look();
        }),
      ended: new Promise(resolve => child.once('exit', resolve)),
    };
    workers.push(working);
    return working;
  }

  const conduct = (name: string, words: string[] = []) =>
    runCommand(folder, ['sweep', `${name}.json`, '--nats', server.url, '--json', ...words]);

  it('two workers share the trainings, and end when they are told to', async () => {
    await write('shared', {});
    const pair = [work(), work()];
    const { code, stdout } = await conduct('shared');
    expect(code).toBe(0);
    expect(modelsOf('shared')).toEqual(expected);
    expect(parseLines(stdout).filter(({ event }) => event === 'training').length).toBe(4);
    for (const { child } of pair) child.kill('SIGINT');
    expect(await Promise.all(pair.map(({ ended }) => ended))).toEqual([0, 0]);
    const epochs = pair.flatMap(({ lines }) => lines()).filter(({ event }) => event === 'epoch');
    expect(epochs.length).toBe(16);
    const status = await runCommand(folder, ['sweep', 'status', 'shared', '--nats', server.url]);
    expect(status.stdout).toMatch(/^shared: 4 of 4 trainings are through; the sweep is done$/m);
    const results = await runCommand(folder, [
      'sweep',
      'results',
      'shared',
      '--nats',
      server.url,
      '--out',
      'elsewhere',
    ]);
    expect(results.code).toBe(0);
    expect(readFileSync(join(folder, 'elsewhere/report.html'), 'utf8')).toContain('Best recipe');
  });

  it('several workers are one command, and end with it, however it ends', async () => {
    await write('several', { seeds: 16 });
    const both = work({}, ['--workers', '2']);
    expect((await conduct('several')).code).toBe(0);
    expect(modelsOf('several')).toMatchObject(expected);
    const working = () =>
      both
        .lines()
        .filter(({ event }) => event === 'training')
        .map(({ worker }) => worker);
    const processes = [...new Set(working())].map(worker => Number(`${worker}`.split(':').at(-1)));
    expect(processes.length).toBe(2);
    both.child.kill('SIGKILL');
    await expect.poll(() => processes.filter(isRunning), { timeout: 10_000 }).toEqual([]);
    const others = work({}, ['--workers', '2']);
    await write('several2', { seeds: [5] });
    expect((await conduct('several2')).code).toBe(0);
    others.child.kill('SIGINT');
    expect(await others.ended).toBe(0);
  });

  it('a worker that is killed costs what was learned since it was kept last', async () => {
    // Of trainings that are over in an instant nothing is kept.
    const slow = { recipes: { ...recipe, layers: [600, 600], epochs: 80 }, settings: undefined, seeds: 1 };
    await write('slow', slow);
    const alone = await runCommand(folder, ['sweep', 'slow.json', '--quiet']);
    expect(alone.code).toBe(0);
    const [[trial, model]] = Object.entries(modelsOf('slow'));
    await write('killed', slow);
    const first = work();
    const whole = conduct('killed');
    const connection = await connectTo(server.url, 'test');
    const bucket = await connection.createBucket('killed');
    const lease = async () => (await bucket.values.get(keys.lease(trial)))?.string() ?? '';
    await expect.poll(lease, { timeout: 60_000 }).toMatch(/"checkpoint":/);
    first.child.kill('SIGKILL');
    await first.ended;
    await connection.connection.close();
    const second = work();
    expect((await whole).code).toBe(0);
    expect(modelsOf('killed')).toEqual({ [trial]: model });
    const epochsOf = ({ lines }: Working) =>
      lines().flatMap(({ event, epoch }) => (event === 'epoch' ? [Number(epoch)] : []));
    const [before, after] = [first, second].map(epochsOf);
    expect(after[0]).toBeGreaterThan(1);
    // An epoch may be kept before it is told.
    expect(after[0]).toBeLessThanOrEqual(before.at(-1)! + 2);
    expect(after).toEqual(Array.from({ length: 81 - after[0] }, (_, i) => after[0] + i));
    expect(second.lines().filter(({ event, isFurther }) => event === 'begun' && isFurther).length).toBe(1);
  });

  it('a worker whose process is killed goes on with another, and one whose process hangs gives its training up', async () => {
    const slow = { recipes: { ...recipe, layers: [600, 600], epochs: 60 }, settings: undefined, seeds: 1 };
    await write('lone', slow);
    expect((await runCommand(folder, ['sweep', 'lone.json', '--quiet'])).code).toBe(0);
    const expected = modelsOf('lone');
    await write('ends', slow);
    const first = work();
    const whole = conduct('ends');
    const processOf = ({ lines }: Working) =>
      Number(`${lines().findLast(({ event }) => event === 'epoch')!.worker}`.split(':').at(-1));
    await first.said(/"epoch":1,/);
    const killed = processOf(first);
    process.kill(killed, 'SIGKILL');
    await first.said(/gives training [0-9a-f]{16} of ends back: its process has ended \(SIGKILL\)/);
    await expect.poll(() => processOf(first), { timeout: 60_000 }).not.toBe(killed);
    const hung = processOf(first);
    process.kill(hung, 'SIGSTOP');
    const second = work();
    expect((await whole).code).toBe(0);
    expect(modelsOf('ends')).toEqual(expected);
    expect(second.lines().filter(({ event }) => event === 'training').length).toBe(1);
    await first.said(/another worker has taken over training/);
    expect(isRunning(hung)).toBe(false);
  });

  it('a worker that is ended gives its training to another at once', async () => {
    await write('given', {});
    const first = work();
    const whole = conduct('given');
    await first.said(/"epoch":1/);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    work();
    expect((await whole).code).toBe(0);
    expect(modelsOf('given')).toEqual(expected);
  });

  it('a server that is killed and comes back has lost nothing', async () => {
    await write('fallen', {});
    const pair = [work(), work()];
    const whole = conduct('fallen');
    await Promise.race(pair.map(({ said }) => said(/"event":"epoch"/)));
    await server.kill();
    await new Promise(resolve => setTimeout(resolve, 1500));
    await server.start();
    const { code, stdout } = await whole;
    expect(code).toBe(0);
    expect(modelsOf('fallen')).toEqual(expected);
    expect(parseLines(stdout).filter(({ event }) => event === 'training').length).toBe(4);
  });

  it.each([
    ['is ended', 'SIGTERM'],
    ['falls silent for a while', 'SIGSTOP'],
  ] as const)('a server that %s costs no worker, though they wait for work', async (name, signal) => {
    await write(`before-${signal}`, { seeds: 1, settings: undefined });
    await write(`after-${signal}`, { seeds: [9], settings: undefined });
    const worker = work();
    expect((await conduct(`before-${signal}`)).code).toBe(0);
    await server.signal(signal);
    await new Promise(resolve => setTimeout(resolve, 6000));
    if (signal === 'SIGTERM') await server.start();
    else await server.signal('SIGCONT');
    expect((await conduct(`after-${signal}`)).code).toBe(0);
    expect([name, worker.child.exitCode]).toEqual([name, null]);
  });

  it('a server that is killed when its queue was just emptied gives what it is given then', async () => {
    await write('emptied', { recipes: { ...recipe, epochs: 400 } });
    await write('next', { seeds: [9], settings: undefined });
    const worker = work();
    const whole = conduct('emptied');
    await worker.said(/"epoch":1,/);
    const stop = await runCommand(folder, ['sweep', 'stop', 'emptied', '--nats', server.url]);
    await server.kill();
    await server.start();
    expect([stop.code, (await whole).code]).toEqual([0, 130]);
    expect((await conduct('next')).code).toBe(0);
  });

  it('a server that is gone keeps no worker from ending that has nothing to do', async () => {
    const worker = work({}, ['--workers', '2']);
    await write('done', { seeds: 1, settings: undefined });
    expect((await conduct('done')).code).toBe(0);
    await server.kill();
    // By then it waits for an answer that never comes.
    await new Promise(resolve => setTimeout(resolve, 3000));
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  it('a server that is gone keeps no worker from ending', async () => {
    await write('gone', { recipes: { ...recipe, epochs: 400 } });
    const worker = work();
    const whole = conduct('gone');
    await worker.said(/"epoch":2/);
    await server.kill();
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    await server.start();
    const stop = await runCommand(folder, ['sweep', 'stop', 'gone', '--nats', server.url]);
    expect([stop.code, (await whole).code]).toEqual([0, 130]);
  });

  it('tasks that somebody has taken out of the queue are given again', async () => {
    await write('purged', { seeds: 1, settings: undefined });
    const whole = conduct('purged');
    const connection = await connectTo(server.url, 'test');
    await expect
      .poll(async () => (await connection.manager.streams.info(TASKS)).state.messages, { timeout: 20_000 })
      .toBe(1);
    await connection.manager.streams.purge(TASKS);
    work();
    expect((await whole).code).toBe(0);
    await connection.connection.close();
  });

  it('who looks on may be killed, and looks on again', async () => {
    // Of so many that it is far from through when it is killed.
    await write('looked', { seeds: 10 });
    const worker = work();
    const first = await runCommand(
      folder,
      ['sweep', 'looked.json', '--nats', server.url, '--json'],
      /"event":"training"/,
      child => void child.kill('SIGKILL'),
    );
    expect(first.code).toBeNull();
    await worker.said(/"event":"training"(.|\n)*"event":"training"/);
    expect((await conduct('looked')).code).toBe(0);
    expect(modelsOf('looked')).toMatchObject(expected);
    expect(worker.lines().filter(({ event }) => event === 'training').length).toBe(20);
  });

  it('is stopped from anywhere, and goes on later to the same bits', async () => {
    await write('stopped', { seeds: 20 });
    const worker = work();
    const first = conduct('stopped');
    await worker.said(/"event":"epoch"/);
    const stop = await runCommand(folder, ['sweep', 'stop', 'stopped', '--nats', server.url]);
    expect(stop.code).toBe(0);
    expect((await first).code).toBe(130);
    const second = await conduct('stopped');
    expect(second.code).toBe(0);
    expect(modelsOf('stopped')).toMatchObject(expected);
  });

  it('halves, and comes to the same candidates as one machine', async () => {
    await write('halved', { halving: { epochs: 1, factor: 2 } });
    work();
    work();
    expect((await conduct('halved')).code).toBe(0);
    const found = Object.entries(modelsOf('halved')).filter(([, model]) => model !== undefined);
    expect(found.length).toBe(2);
    for (const [trial, model] of found) expect(model).toBe(expected[trial]);
  });

  it('takes nothing of sweeps that come to other bits, with a word', async () => {
    const connection = await connectTo(server.url, 'test');
    const foreign = { version: '9.9.9', build: 'simd', kernels: 'k', arithmetic: 'a' } as const;
    await connection.sweeps.put('foreign', JSON.stringify({ state: 'open', identity: foreign }));
    const worker = work();
    await worker.said(/takes nothing of sweep foreign: it is of forward-forward 9\.9\.9, this is/);
    await connection.sweeps.put('odd', JSON.stringify({ state: 'dreaming', identity: foreign }));
    const other = work();
    await other.said(/takes nothing of sweep odd, which another version has begun: state must be/);
    // Nor are data removed that it may have.
    await write('plain', { seeds: 1, settings: undefined });
    expect((await conduct('plain')).code).toBe(0);
    const removed = await runCommand(folder, ['sweep', 'remove', 'plain', '--nats', server.url]);
    expect([removed.code, removed.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^ff: no data are removed, for those of sweep (foreign|odd) are not known: .*\n$/,
      ),
    ]);
    expect((await connection.data.list()).length).toBe(1);
    await write('foreign', {});
    const { code, stderr } = await conduct('foreign');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /the server has a sweep foreign of forward-forward 9\.9\.9 with simd kernels: give this one another name/,
    );
    await connection.connection.close();
  });

  /** Makes a task as only a stranger would. */
  async function publish(connection: Server, name: string, task: unknown): Promise<void> {
    const { identity } = (await entryOf(connection, name))!;
    await connection.streams.publish(
      subjectOf(consumerOf(identity, false), name, 'f'.repeat(16), 1),
      typeof task === 'string' ? task : JSON.stringify(task),
    );
  }

  it.each([
    ['is no JSON', 'rubbish'],
    ['is half of one', { sweep: 'strange', until: 1 }],
    ['leads out of its folder', { sweep: '../strange', until: 1, trial: {} }],
  ])('a task that %s is put aside', async (_, task) => {
    await write('strange', {});
    work();
    expect((await conduct('strange')).code).toBe(0);
    const connection = await connectTo(server.url, 'test');
    await publish(connection, 'strange', task);
    await workers[0].said(/ff: a task that makes no sense, ff\.tasks\./);
    await expect
      .poll(async () => (await connection.manager.streams.info(TASKS)).state.messages, { timeout: 20_000 })
      .toBe(0);
    await connection.connection.close();
  });

  it('runs no code that a recipe names, unless it is allowed', async () => {
    const path = join(folder, 'code.mjs');
    await writeFile(
      path,
      "import { writeFileSync } from 'node:fs';\nwriteFileSync(new URL('ran', import.meta.url), '');\nexport default () => {};\n",
    );
    const learning = { ...recipe.learning, between: { kind: 'module', after: 0, path } };
    await write('code', { recipes: { ...recipe, learning }, settings: undefined, seeds: 1 });
    const first = work();
    const whole = conduct('code');
    await first.said(
      /takes nothing of sweep code: its recipes name code to be run, which ff worker --allow-module does/,
    );
    // Whoever puts such a task where others look for theirs is not obeyed either.
    const connection = await connectTo(server.url, 'test');
    const { identity } = (await entryOf(connection, 'code'))!;
    const trial = { ...planOf({ recipes: { ...recipe, learning } }).trials[0], digest: 'none' };
    const subject = subjectOf(consumerOf(identity, false), 'code', 'e'.repeat(16), 1);
    await connection.streams.publish(subject, JSON.stringify({ sweep: 'code', trial, until: 1 }));
    await first.said(/a task that names code to be run, .* where nobody allows it/);
    await connection.connection.close();
    expect(readdirSync(folder)).not.toContain('ran');
    work({}, ['--allow-module']);
    expect((await whole).code).toBe(0);
    expect(readdirSync(folder)).toContain('ran');
  });

  it('a training with which workers end one after the other is given up, and tried again by the next command', async () => {
    await write('stuck', { seeds: 1, settings: undefined });
    const connection = await connectTo(server.url, 'test');
    const bucket = await connection.createBucket('stuck');
    const trial = asItIs();
    const lease = { trial, epoch: 0, epochs: 4, worker: 'w', holder: 'h', stumbles: 30 };
    await bucket.values.put(keys.lease(trial), JSON.stringify(lease));
    work();
    const first = await conduct('stuck');
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(
      /training [0-9a-f]{16}: 31 times, one after the other, its process has ended or it has failed, without coming any further: give workers more memory/,
    );
    expect((await conduct('stuck')).code).toBe(0);
    expect(modelsOf('stuck')[trial]).toBe(expected[trial]);
    await connection.connection.close();
  });

  it('a training that fails each time is given up with what it has said', async () => {
    const path = join(folder, 'broken.mjs');
    await writeFile(path, 'export default () => { throw new TypeError("broken within"); };\n');
    const learning = { ...recipe.learning, between: { kind: 'module', after: 0, path } };
    await write('fails', { recipes: { ...recipe, learning }, seeds: 1, settings: undefined });
    const whole = conduct('fails');
    const connection = await connectTo(server.url, 'test');
    const isAsked = async () => (await connection.manager.streams.info(TASKS)).state.messages === 1;
    await expect.poll(isAsked, { timeout: 20_000 }).toBe(true);
    const bucket = await connection.openBucket('fails');
    const [{ id: trial }] = (await planIn(bucket)).plan.trials;
    const lease = { trial, epoch: 0, epochs: 4, worker: 'w', holder: 'h', stumbles: 19 };
    await bucket.values.put(keys.lease(trial), JSON.stringify(lease));
    const worker = work({}, ['--allow-module']);
    const { code, stderr } = await whole;
    expect(worker.stderr()).toMatch(/gives training [0-9a-f]{16} of fails back: .*broken within/);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /training [0-9a-f]{16}: 21 times, .*, without coming any further: .*broken within/,
      ),
    ]);
    await connection.connection.close();
  });

  it('what was learned once counts as coming further, and what is learned again does not', async () => {
    const connection = await connectTo(server.url, 'test');
    const bucket = await connection.createBucket('further');
    const signal = new AbortController().signal;
    const told = { trial: 't', epochs: 9, error: 1, secondsLeft: 1, worker: 'w' };
    const take = (holder: string) =>
      Lease.take(bucket, { trial: 't', epochs: 9, worker: 'w', holder }, signal);
    const first = await take('first');
    first.tell({ ...told, epoch: 3 });
    await first.renew();
    const second = await take('second');
    for (const epoch of [1, 2, 3]) second.tell({ ...told, epoch });
    await second.renew();
    const third = await take('third');
    expect(third.stumbles).toBe(2);
    third.tell({ ...told, epoch: 4 });
    expect(third.stumbles).toBe(0);
    await connection.connection.close();
  });

  it('a checkpoint that is damaged is begun anew', async () => {
    await write('torn', { seeds: 1, settings: undefined });
    const connection = await connectTo(server.url, 'test');
    const bucket = await connection.createBucket('torn');
    const trial = asItIs();
    await bucket.bytes.putBlob({ name: 'checkpoint.torn' }, new Uint8Array(1000));
    const lease = {
      trial,
      epoch: 2,
      epochs: 4,
      worker: 'w',
      holder: 'h',
      stumbles: 0,
      checkpoint: 'checkpoint.torn',
    };
    await bucket.values.put(keys.lease(trial), JSON.stringify(lease));
    work();
    expect((await conduct('torn')).code).toBe(0);
    expect(modelsOf('torn')[trial]).toBe(expected[trial]);
    // Nothing that could be gone on from is left, and no word of who had it.
    const left = await bucket.bytes.list();
    expect(left.map(({ name }) => name).filter(name => name.startsWith('checkpoint'))).toEqual([]);
    expect((await bucket.values.get(keys.lease(trial)))?.operation).not.toBe('PUT');
    await connection.connection.close();
  });

  it('says nothing of a password, and of names that are none', async () => {
    await write('secret', {});
    const secret = server.url.replace('//', '//me:hidden@');
    const { stdout, stderr } = await runCommand(
      folder,
      ['sweep', 'secret.json', '--nats', secret],
      /npx ff worker/,
    );
    expect(stdout).toContain(`npx ff worker --nats ${server.url}`);
    expect(stdout + stderr).not.toContain('hidden');
    for (const name of ['a b', '*', '../x', '']) {
      const told = await runCommand(folder, ['sweep', 'status', name, '--nats', server.url]);
      expect([told.code, told.stderr]).toEqual([
        2,
        `ff: the name of a sweep must be a word of at most 64 letters, digits, - and _, found ${JSON.stringify(name)}\n`,
      ]);
    }
  });

  it('data are fetched once, mended where they are damaged, and need no disk', async () => {
    // No folder can be made in a file, not even by root.
    const caches = [join(folder, 'cache-first'), join(folder, 'cached.json')];
    await write('cached', { seeds: 1, settings: undefined });
    const first = work({ XDG_CACHE_HOME: caches[0] });
    expect((await conduct('cached')).code).toBe(0);
    first.child.kill('SIGTERM');
    await first.ended;
    const [file] = readdirSync(join(caches[0], 'forward-forward'));
    const kept = join(caches[0], 'forward-forward', file);
    const bytes = readFileSync(kept);
    expect(`${digestOfBytes([bytes])}.safetensors`).toBe(file);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(kept, bytes);
    await write('cached2', { seeds: [7], settings: undefined });
    const second = work({ XDG_CACHE_HOME: caches[0] });
    expect((await conduct('cached2')).code).toBe(0);
    expect(`${digestOfBytes([readFileSync(kept)])}.safetensors`).toBe(file);
    second.child.kill('SIGTERM');
    await second.ended;
    // What is kept is whole: it is not fetched.
    const { mtimeMs } = statSync(kept);
    await write('cached-whole', { seeds: [9], settings: undefined });
    const again = work({ XDG_CACHE_HOME: caches[0] });
    expect((await conduct('cached-whole')).code).toBe(0);
    expect(statSync(kept).mtimeMs).toBe(mtimeMs);
    again.child.kill('SIGTERM');
    await again.ended;
    await write('cached3', { seeds: [8], settings: undefined });
    const third = work({ XDG_CACHE_HOME: caches[1] });
    expect((await conduct('cached3')).code).toBe(0);
    expect(third.stderr()).toMatch(/ff: cannot write .*; the data are fetched again next time/);
  });

  it.skipIf(!hasSmallDisks)('a disk that is full costs a worker nothing but its cache', async () => {
    const disk = await mkdtemp(join(folder, 'disk-'));
    mountSmallDisk(disk, 100_000);
    try {
      await write('full', {});
      const worker = work({ XDG_CACHE_HOME: disk });
      expect((await conduct('full')).code).toBe(0);
      expect(modelsOf('full')).toEqual(expected);
      expect(worker.stderr()).toMatch(
        /ff: cannot write .*: no space left.*; the data are fetched again next time/,
      );
      worker.child.kill('SIGKILL');
      await worker.ended;
      expect(readdirSync(join(disk, 'forward-forward'))).toEqual([]);
    } finally {
      unmountSmallDisk(disk);
    }
  });

  it('counts an outcome once, though two workers come to it', async () => {
    await write('twice', { seeds: 1, settings: undefined });
    work();
    expect((await conduct('twice')).code).toBe(0);
    const connection = await connectTo(server.url, 'test');
    const [[trial]] = Object.entries(modelsOf('twice'));
    const bucket = await connection.createBucket('twice');
    await expect(bucket.values.create(keys.outcome(trial, 4), 'another')).rejects.toThrow();
    await connection.connection.close();
  });

  it('is told of a server that keeps nothing', async () => {
    const bare = await NatsServer.start(await mkdtemp(join(folder, 'bare-')), []);
    await write('bare', {});
    const told = await runCommand(folder, ['sweep', 'bare.json', '--nats', bare.url]);
    expect(told.code).toBe(2);
    expect(told.stderr).toMatch(
      /does not keep what sweeps need \(.*\): start it with JetStream, nats-server -js/,
    );
    await bare.kill();
  });

  it('is removed from a server with all that it has learned, and with data that no other sweep has', async () => {
    const remove = (name: string) => runCommand(folder, ['sweep', 'remove', name, '--nats', server.url]);
    const kept = async () => {
      const connection = await connectTo(server.url, 'test');
      const streams = [];
      for await (const { config } of connection.manager.streams.list()) streams.push(config.name);
      const data = (await connection.data.list()).length;
      await connection.connection.close();
      return { streams: streams.filter(name => /sweep-/.test(name)).sort(), data };
    };
    const worker = work();
    await write('long', { recipes: { ...recipe, epochs: 4000 }, seeds: 1, settings: undefined });
    await write('short', { seeds: 1, settings: undefined });
    const long = conduct('long');
    await worker.said(/"event":"epoch"/);
    const refused = await remove('long');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      'ff: sweep long is going on: end it first, with npx ff sweep stop long\n',
    ]);
    await runCommand(folder, ['sweep', 'stop', 'long', '--nats', server.url]);
    expect((await long).code).toBe(130);
    // Its worker does not know yet.
    expect((await remove('long')).code).toBe(0);
    expect((await conduct('short')).code).toBe(0);
    expect(worker.child.exitCode).toBe(null);
    expect(await kept()).toEqual({ streams: ['KV_ff-sweep-short', 'OBJ_ff-sweep-short'], data: 1 });
    await write('shorter', { seeds: [3], settings: undefined });
    expect((await conduct('shorter')).code).toBe(0);
    expect((await remove('short')).code).toBe(0);
    expect((await kept()).data).toBe(1);
    expect((await remove('shorter')).code).toBe(0);
    expect(await kept()).toEqual({ streams: [], data: 0 });
    expect((await remove('shorter')).stderr).toMatch(/the server has no sweep shorter/);
  });

  it('is begun by nobody while it is being removed, which goes on where it was left', async () => {
    await write('half', { seeds: 1, settings: undefined });
    work();
    expect((await conduct('half')).code).toBe(0);
    const connection = await connectTo(server.url, 'test');
    const entry = (await entryOf(connection, 'half'))!;
    await connection.sweeps.put('half', JSON.stringify({ ...entry, state: 'removing' }));
    await (await connection.openBucket('half')).remove();
    const begun = await conduct('half');
    expect([begun.code, begun.stderr]).toEqual([
      2,
      'ff: sweep half is being removed: wait, or say npx ff sweep remove half once more\n',
    ]);
    const stopped = await runCommand(folder, ['sweep', 'stop', 'half', '--nats', server.url]);
    expect([stopped.code, stopped.stderr]).toEqual([2, begun.stderr]);
    const removed = await runCommand(folder, ['sweep', 'remove', 'half', '--nats', server.url]);
    expect(removed.code).toBe(0);
    expect(await entryOf(connection, 'half')).toBeUndefined();
    expect(await connection.data.list()).toEqual([]);
    await connection.connection.close();
  });

  it('gives data again that are gone from the server', async () => {
    await write('regiven', { seeds: 1, settings: undefined });
    const whole = conduct('regiven');
    const connection = await connectTo(server.url, 'test');
    const list = async () => (await connection.data.list()).map(({ name }) => name);
    await expect.poll(list, { timeout: 20_000 }).toHaveLength(1);
    const [digest] = await list();
    await connection.data.delete(digest);
    await connection.connection.close();
    work({ XDG_CACHE_HOME: join(folder, 'cache-empty') });
    expect((await whole).code).toBe(0);
  });

  it('tasks of a sweep that is ended are put aside', async () => {
    await write('over', { seeds: 1, settings: undefined });
    const worker = work();
    expect((await conduct('over')).code).toBe(0);
    await runCommand(folder, ['sweep', 'stop', 'over', '--nats', server.url]);
    const connection = await connectTo(server.url, 'test');
    const [trial] = planOf({ recipes: recipe }).trials;
    await publish(connection, 'over', { sweep: 'over', trial: { ...trial, digest: 'none' }, until: 4 });
    await expect
      .poll(async () => (await connection.manager.streams.info(TASKS)).state.messages, { timeout: 20_000 })
      .toBe(0);
    expect(worker.lines().filter(({ event }) => event === 'begun').length).toBe(1);
    await connection.connection.close();
  });

  it('says what an earlier plan of that name had that this one has not', async () => {
    work();
    await write('changed', { seeds: 1 });
    expect((await conduct('changed')).code).toBe(0);
    await write('changed', { seeds: 2 });
    expect((await conduct('changed')).stderr).not.toMatch(/another plan/);
    await write('changed', { seeds: [2, 3] });
    expect((await conduct('changed')).stderr).toContain(
      'ff: the server had another plan of sweep changed: 2 of its trainings are not in this one, and are not counted any more\n',
    );
  });
});
