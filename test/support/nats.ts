// A NATS server of Debian's, where it is installed.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export const hasServer = spawnSync('nats-server', ['--version']).status === 0;

export class NatsServer {
  readonly #folder: string;
  readonly #port: number;
  readonly #words: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, words: readonly string[]) {
    this.#folder = folder;
    this.#port = port;
    this.#words = words;
  }

  /** One that keeps everything in `folder`. */
  static async start(folder: string, words: readonly string[] = ['-js']): Promise<NatsServer> {
    const server = new NatsServer(folder, await freePort(), words);
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const words = [...this.#words, '-a', '127.0.0.1', '-p', `${this.#port}`, '-sd', this.#folder];
    this.#process = spawn('nats-server', words, { stdio: 'ignore' });
    while (!(await answers(this.#port))) await pause(50);
  }

  /** Sends a signal, and waits where that ends it. */
  async signal(signal: 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const process = this.#process;
    process?.kill(signal);
    if (signal === 'SIGTERM') await new Promise(resolve => process?.once('exit', resolve));
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGKILL');
    await new Promise(resolve => process.once('exit', resolve));
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    // The first thing that a server says.
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
