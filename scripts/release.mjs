// Makes what is published of a version, in release/: the package, and what it is made of (CycloneDX). Everything is tried before; publishing is
// left to whoever may, from a workflow whose identity npm can vouch for (provenance).

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

function fail(reason) {
  console.error(`no release: ${reason}`);
  process.exit(1);
}

function output(program, words) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) fail(`${program} ${words.join(' ')} failed: ${stderr.trim()}`);
  return stdout.trim();
}

function run(program, words) {
  const { status } = spawnSync(program, words, { stdio: 'inherit' });
  if (status !== 0) fail(`${program} ${words.join(' ')} failed`);
}

const { name, version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
if (output('git', ['status', '--porcelain'])) fail('there are changes that are not committed');
if (!readFileSync('CHANGELOG.md', 'utf8').includes(`\n## ${version}`))
  fail(`CHANGELOG.md has no heading for ${version}: call what is unreleased by it`);

run('bash', ['.ci/run']);
rmSync('release', { recursive: true, force: true });
mkdirSync('release');
const words = [
  '--yes',
  '@cyclonedx/cyclonedx-npm@6.0.1',
  '--omit',
  'dev',
  '--package-lock-only',
  '--output-reproducible',
];
const bill = output('npx', words);
const listed = JSON.parse(bill).components.map(({ group, name: own }) => (group ? `${group}/${own}` : own));
const missing = Object.keys(dependencies).filter(dependency => !listed.includes(dependency));
if (missing.length > 0) fail(`the bill of materials lacks ${missing.join(', ')}`);
writeFileSync(`release/${name}-${version}.cdx.json`, bill);
run('npm', ['pack', '--ignore-scripts', '--pack-destination', 'release']);
console.log(`to publish, in a workflow with the permission id-token: write:
  npm publish release/${name}-${version}.tgz --provenance --access public
  git tag v${version} && git push --tags`);
