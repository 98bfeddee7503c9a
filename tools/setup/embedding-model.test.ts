import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SetupContext } from './command.ts';
import { ensureEmbeddingModel } from './embedding-model.ts';
import { ensureSetup, type Setup } from './index.ts';

const root = join(import.meta.dirname, '../..');

interface Reference {
  text: string;
  ids: number[];
  vector: number[];
}

let setup: Setup;
let references: Reference[];
beforeAll(async () => {
  setup = await ensureSetup({
    root,
    env: process.env,
    report: console.error,
    ...readSettings(process.env, root),
  });
  const lines = await readFile(join(root, 'tools/setup/reference-vectors.jsonl'), 'utf8');
  references = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reference);
}, 600_000);

describe('the embedding model', () => {
  let model: { ids: number[][]; alone: number[][]; batch: number[][] };
  beforeAll(() => {
    const input = JSON.stringify({ folder: setup.embeddingModel, texts: references.map(({ text }) => text) });
    const output = execFileSync(setup.python, [join(root, 'tools/setup/testing/embed.py')], {
      input,
      encoding: 'utf8',
    });
    model = JSON.parse(output) as typeof model;
  });

  const largestDifference = (vectors: number[][]) =>
    Math.max(
      ...vectors.flatMap((vector, n) =>
        vector.map((x, i) => Math.abs(x - (references[n]?.vector[i] ?? NaN))),
      ),
    );

  it('cuts texts into the tokens of the reference, 256 at most', () => {
    expect(model.ids).toEqual(references.map(({ ids }) => ids));
    expect(Math.max(...model.ids.map((ids) => ids.length))).toBe(256);
  });

  it('gives the vectors of an independent computation, to 1e-5', () => {
    expect(largestDifference(model.alone)).toBeLessThan(1e-5);
  });

  it('gives the same vectors when texts of different lengths go in as one padded batch', () => {
    expect(largestDifference(model.batch)).toBeLessThan(1e-5);
  });

  it('gives 384 numbers of unit length', () => {
    for (const vector of model.alone) {
      expect(vector).toHaveLength(384);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    }
  });

  it('says in its files that it takes 256 tokens', async () => {
    const config = await readFile(join(setup.embeddingModel, 'tokenizer_config.json'), 'utf8');
    expect(JSON.parse(config)).toMatchObject({ model_max_length: 256 });
  });
});

it('is not trusted when its file is cut short: it is built anew, and not at all rather than half', async () => {
  const setupFolder = await mkdtemp(join(tmpdir(), 'model-'));
  const folder = join(setupFolder, 'all-MiniLM-L6-v2');
  await cp(setup.embeddingModel, folder, { recursive: true });
  const offline: SetupContext = {
    root,
    setupFolder,
    logFile: join(setupFolder, 'setup.log'),
    report: () => {},
    env: { ...process.env, PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_FIND_LINKS: '', PIP_RETRIES: '0' },
  };
  expect(await ensureEmbeddingModel(offline, async () => setup.python)).toBe(folder);
  await truncate(join(folder, 'onnx/model.onnx'), 1_000_000);
  await expect(ensureEmbeddingModel(offline, async () => setup.python)).rejects.toMatchObject({
    code: 'download_failed',
    message: expect.stringMatching(
      /^The weights of the embedding model and the tools to build it could not be downl/,
    ),
  });
  expect((await readdir(setupFolder)).sort()).toEqual(['all-MiniLM-L6-v2', 'setup.log']);
  await rm(setupFolder, { recursive: true });
});
