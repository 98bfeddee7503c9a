/** all-MiniLM-L6-v2 in ONNX, as the legacy app's `EmbeddingModel` runs it: one text at a time, on one thread. */
import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AutoModel, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import { asLegacyReads, mostTokens } from './text.ts';

export interface Model {
  /** @returns 384 numbers of unit length */
  embed(text: string): Promise<Float32Array>;
  /** Token ids, 256 at most, the last one `[SEP]`. */
  tokens(text: string): number[];
}

/** @param folder has `tokenizer.json` and `onnx/model.onnx` (fp32); nothing is ever downloaded */
export async function loadModel(folder: string): Promise<Model> {
  // The library's own words for a folder that is missing speak of neither.
  for (const file of ['tokenizer.json', 'onnx/model.onnx']) await access(join(folder, file));
  env.allowRemoteModels = false;
  env.localModelPath = `${dirname(folder)}/`;
  env.useFSCache = false;
  const name = basename(folder);
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await AutoModel.from_pretrained(name, {
    dtype: 'fp32',
    device: 'cpu',
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
  });

  const tokens = (text: string): number[] => {
    const ids = tokenizer.encode(asLegacyReads(text));
    // The library would cut the last one off, and legacy's vectors have it.
    return ids.length <= mostTokens ? ids : [...ids.slice(0, mostTokens - 1), ...ids.slice(-1)];
  };

  return {
    tokens,
    async embed(text) {
      const ids = tokens(text);
      const row = (values: bigint[]) => new Tensor('int64', BigInt64Array.from(values), [1, ids.length]);
      const { last_hidden_state: hidden } = await model({
        input_ids: row(ids.map(BigInt)),
        attention_mask: row(ids.map(() => 1n)),
        token_type_ids: row(ids.map(() => 0n)),
      });
      return toUnitLength(meanOf(hidden.data as Float32Array, ids.length));
    },
  };
}

/** Sums in 32 bits and in this order, as numpy does. */
function meanOf(rows: Float32Array, count: number): Float32Array {
  const width = rows.length / count;
  const sums = new Float32Array(width);
  for (let at = 0; at < rows.length; at++) {
    const column = at % width;
    sums[column] = (sums[column] ?? 0) + (rows[at] ?? 0);
  }
  return sums.map((sum) => sum / count);
}

function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.max(Math.fround(Math.hypot(...vector)), 1e-12);
  return vector.map((value) => value / length);
}
