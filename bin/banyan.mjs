#!/usr/bin/env node
/**
 * The command line. Runs under whatever Node (18 or later) the machine has: where that is not the repository's own, or
 * the packages are missing, tools/setup/ sees to both.
 */
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { bootstrap, compileCache } from '../tools/setup/bootstrap.mjs';

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const major = Number(process.versions.node.split('.')[0]);

if (major >= 24 && existsSync(at('../node_modules/commander'))) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? compileCache(at('..')));
  await import('./banyan.ts');
} else process.exitCode = await bootstrap('bin/banyan.ts', process.argv.slice(2));
