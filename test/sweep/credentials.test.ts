// Who is let in by a server, and who lets a server in: by certificates, words and keys, as NATS has them.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { hasServer, NatsServer } from '../support/nats.ts';

type KeyPair = ReturnType<typeof nkeys.createUser>;

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasServer)('a server (left out where nats-server is not installed)', () => {
  let folder: string;
  let server: NatsServer | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-credentials-'));
  });
  afterEach(() => server?.kill());
  afterAll(() => rm(folder, { recursive: true }));

  /** A server that is told how by `words`, and what it says to somebody with such an address and environment. */
  async function start(words: readonly string[]): Promise<NatsServer> {
    server = await NatsServer.start(await mkdtemp(join(folder, 'server-')), words);
    return server;
  }
  async function told(url: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const words = ['sweep', 'status', 'none', '--nats', url];
    const { code, stderr } = await runCommand(folder, words, undefined, undefined, environment);
    expect([code, stderr.split('\n').length]).toEqual([2, 2]);
    return stderr;
  }
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  const LET_IN = /^ff: the server at 127\.0\.0\.1:\d+ has no sweep none$/m;
  const REFUSED = /^ff: cannot reach the server at 127\.0\.0\.1:\d+: Authorization Violation/m;

  it('with a token', async () => {
    const { url } = await start(['-js', '--auth', 'open-sesame']);
    expect(await told(url)).toMatch(REFUSED);
    expect(await told(url, { NATS_TOKEN: 'open sesame' })).toMatch(REFUSED);
    expect(await told(url, { NATS_TOKEN: 'open-sesame' })).toMatch(LET_IN);
    expect(await told(url.replace('//', '//open-sesame@'))).toMatch(LET_IN);
  });

  it('with a user and a password', async () => {
    const { url } = await start(['-js', '--user', 'ann', '--pass', 'a b']);
    expect(await told(url, { NATS_USER: 'ann' })).toMatch(REFUSED);
    expect(await told(url, { NATS_USER: 'ann', NATS_PASSWORD: 'a b' })).toMatch(LET_IN);
    expect(await told(url.replace('//', '//ann:a%20b@'))).toMatch(LET_IN);
  });

  it('with a key', async () => {
    const [known, stranger] = [nkeys.createUser(), nkeys.createUser()];
    const users = `authorization { users = [ { nkey: ${known.getPublicKey()} } ] }`;
    const { url } = await start(['-js', '-c', await file('nkeys.conf', users)]);
    const seedOf = (pair: KeyPair) => `${Buffer.from(pair.getSeed())}\n`;
    expect(await told(url)).toMatch(REFUSED);
    expect(await told(url, { NATS_NKEY: await file('stranger.nk', seedOf(stranger)) })).toMatch(REFUSED);
    expect(await told(url, { NATS_NKEY: await file('known.nk', seedOf(known)) })).toMatch(LET_IN);
    expect(await told(url, { NATS_NKEY: await file('no.nk', 'no seed') })).toMatch(
      /no\.nk is not the seed of a key: /,
    );
    expect(await told(url, { NATS_NKEY: join(folder, 'none.nk') })).toMatch(/none\.nk: no such file/);
  });

  it('with credentials that an operator has signed', async () => {
    const [operator, system, account, user] = [
      nkeys.createOperator(),
      nkeys.createAccount(),
      nkeys.createAccount(),
      nkeys.createUser(),
    ];
    const all = {
      subs: -1,
      data: -1,
      payload: -1,
      imports: -1,
      exports: -1,
      wildcards: true,
      conn: -1,
      leaf: -1,
    };
    const room = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
    const own = signed(operator, operator, 'operator', { system_account: system.getPublicKey() });
    const accounts = [
      `${system.getPublicKey()}: ${signed(operator, system, 'account', { limits: all })}`,
      `${account.getPublicKey()}: ${signed(operator, account, 'account', { limits: { ...all, ...room } })}`,
    ];
    const conf = `operator: ${own}\nresolver: MEMORY\nresolver_preload: {\n${accounts.join('\n')}\n}\n`;
    const { url } = await start(['-js', '-c', await file('operator.conf', conf)]);
    const credentials = (by: KeyPair) => {
      const jwt = signed(by, user, 'user', { subs: -1, data: -1, payload: -1 });
      const seed = Buffer.from(user.getSeed());
      return `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
    };
    expect(await told(url)).toMatch(REFUSED);
    expect(await told(url, { NATS_CREDS: await file('own.creds', credentials(account)) })).toMatch(LET_IN);
    const forged = await file('forged.creds', credentials(nkeys.createAccount()));
    expect(await told(url, { NATS_CREDS: forged })).toMatch(REFUSED);
    expect(await told(url, { NATS_CREDS: await file('no.creds', 'rubbish') })).toMatch(
      /no\.creds holds no credentials of NATS: /,
    );
  });

  describe.skipIf(!hasOpenssl)('with certificates (left out where openssl is not installed)', () => {
    let words: string[];
    let [certificate, key] = ['', ''];
    beforeAll(() => {
      [certificate, key] = ['certificate.pem', 'key.pem'].map(name => join(folder, name));
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
          .concat(['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'])
          .concat(['-keyout', key, '-out', certificate]),
        { stdio: 'ignore' },
      );
      words = ['-js', '--tls', '--tlscert', certificate, '--tlskey', key];
    });
    const tls = ({ url }: NatsServer) => url.replace('nats:', 'tls:');

    it('that it shows, and that are known', async () => {
      const url = tls(await start(words));
      expect(await told(url)).toMatch(/cannot reach the server at .*: self-signed certificate/);
      expect(await told(url, { NATS_CA: certificate })).toMatch(LET_IN);
      expect(await told(url, { NATS_CA: join(folder, 'none.pem') })).toMatch(/none\.pem: no such file/);
    });

    it('that it wants to see', async () => {
      const url = tls(await start([...words, '--tlsverify', '--tlscacert', certificate]));
      expect(await told(url, { NATS_CA: certificate })).toMatch(/cannot reach the server at /);
      const shown = { NATS_CA: certificate, NATS_CERT: certificate, NATS_KEY: key };
      expect(await told(url, shown)).toMatch(LET_IN);
    });
  });
});

/** What `by` says of `subject`, as NATS has it: a JSON web token of version 2. */
function signed(by: KeyPair, subject: KeyPair, type: string, nats: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const said = {
    jti: `${Math.random()}`,
    iat: Math.floor(Date.now() / 1000),
    iss: by.getPublicKey(),
    sub: subject.getPublicKey(),
    name: type,
    nats: { ...nats, type, version: 2 },
  };
  const words = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(said)}`;
  return `${words}.${Buffer.from(by.sign(Buffer.from(words))).toString('base64url')}`;
}
