#!/usr/bin/env node
// What `npx outrigger` runs. In a checkout that is src/main.ts as it is. Node strips no types below a node_modules
// folder, so an installed package has the bundle instead.
import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import process from 'node:process';

const NEEDED = 24;
const bundle = new URL('../dist/outrigger.mjs', import.meta.url);
const sources = new URL('../src/main.ts', import.meta.url);
const installed = import.meta.dirname?.split(sep).includes('node_modules') ?? true;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  fail(`needs Node ${NEEDED} or newer, and this is ${process.versions.node}`);
} else if (!installed && existsSync(sources)) {
  await import(sources.href);
} else if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  fail('this package has no bundle: it was packed without `npm run bundle`');
}

function fail(why) {
  process.stderr.write(`outrigger: ${why}\n`);
  process.exitCode = 1;
}
