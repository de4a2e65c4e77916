// What shells complete, and how the command speaks to a narrow terminal.

import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrapped } from '../../src/cli/text.ts';
import { interrupt, runCommand } from '../support/command.ts';

let folder: string;
const run = (words: string[], env?: NodeJS.ProcessEnv) =>
  runCommand(folder, words, undefined, interrupt, env);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-completion-'));
});
afterAll(() => rm(folder, { recursive: true }));

const hasBash = spawnSync('bash', ['--version']).status === 0;

describe('ff completion', () => {
  it.skipIf(!hasBash).each([
    ['ff re', 'reproduce'],
    ['ff train --re', '--recipe --resume'],
    ['ff train --recipe conv', 'conv conv-things conv-color conv-color-wide'],
    ['ff train fash', 'fashion-mnist'],
    ['ff reproduce unsuper', 'unsupervised unsupervised-local'],
    ['ff inspect --js', '--json'],
  ])('completes in bash: %s', async (line, expected) => {
    const { stdout } = await run(['completion', 'bash']);
    const words = line.split(' ');
    const asked = `COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _ff; echo "\${COMPREPLY[@]}"`;
    const { stdout: found } = spawnSync('bash', ['-c', `${stdout}\n${asked}`], { encoding: 'utf8' });
    expect(found.trim()).toBe(expected);
  });

  it('speaks to zsh and fish, and refuses other shells', async () => {
    expect((await run(['completion', 'zsh'])).stdout).toMatch(
      /^autoload -Uz bashcompinit && bashcompinit\n_ff\(\)/,
    );
    const { stdout } = await run(['completion', 'fish']);
    expect(stdout).toContain("complete -c ff -n '__fish_seen_subcommand_from train' -l recipe -xa 'quick ");
    // A quote in a description does not end it.
    expect(stdout).toContain("-d 'passes over the data (default: the recipe\\'s)'");
    const { code, stderr } = await run(['completion', 'tcsh']);
    expect([code, stderr]).toEqual([2, 'ff: shell must be bash, zsh, fish, found "tcsh"\n']);
  });
});

it('shows an example in the help of every command', async () => {
  const commands = (await run(['--help'])).stdout.matchAll(/^ {2}([a-z]+) .*$/gm);
  const names = [...commands].map(([, name]) => name).filter(name => name !== 'help');
  expect(names).toContain('completion');
  for (const name of names) {
    expect((await run([name, '--help'])).stdout, name).toMatch(/^Examples?:\n.*:\n {4}(npx )?ff /m);
  }
});

describe('a narrow terminal', () => {
  it('gets lines that are broken between words, values below their beginnings', () => {
    expect(wrapped('all of it is short', 60)).toBe('all of it is short');
    expect(wrapped('one two three four five six seven', 20)).toBe('one two three four\nfive six seven');
    expect(wrapped('  name   one two three four five six seven', 30)).toBe(
      '  name   one two three four\n         five six seven',
    );
    expect(wrapped('  a line that is indented goes on so', 24)).toBe(
      '  a line that is\n  indented goes on so',
    );
    expect(wrapped('a long line that nobody sees', undefined)).toBe('a long line that nobody sees');
    const bold = '\u001b[1mone two three\u001b[22m four';
    expect(wrapped(bold, 20)).toBe(bold);
  });
});

it('opens the report where it is asked to', async () => {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  await writeFile(join(folder, opener), `#!/bin/sh\necho "$1" > "${join(folder, 'opened')}"\n`);
  await chmod(join(folder, opener), 0o755);
  const rows = Array.from({ length: 60 }, (_, i) => `${(i % 3) + ((i * 7) % 5)},${'abc'[i % 3]}`);
  await writeFile(join(folder, 'rows.csv'), `size,kind\n${rows.join('\n')}\n`);
  const words = ['train', 'rows.csv', '--out', 'm.safetensors', '--quiet', '--open'];
  const PATH = `${folder}${delimiter}${process.env.PATH}`;
  expect(await run(words, { PATH })).toMatchObject({ code: 0, stderr: '' });
  await expect
    .poll(() => readFile(join(folder, 'opened'), 'utf8').catch(() => ''))
    .toBe(`${join(folder, 'm.html')}\n`);
  // Where nothing can open it, the training is as good.
  const { code, stderr } = await run(words, { PATH: '/nowhere' });
  expect([code, stderr]).toEqual([
    0,
    `ff: cannot open m.html: ${opener} is not there; open it in a browser\n`,
  ]);
});
