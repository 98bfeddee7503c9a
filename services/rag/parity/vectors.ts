/** How near our vectors are to legacy's. */
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { type LegacyRetrieval, unpacked } from '../testing/legacy.ts';

export interface VectorParity {
  texts: number;
  /** The worst cosine, and of which text. */
  worst: { cosine: number; text: string };
  /** The largest difference of two numbers at the same place. */
  largest: number;
  /** Vectors that are the same to the bit. */
  identical: number;
  /** Milliseconds that each side took. */
  took: { ours: number; legacy: number };
}

/** Texts that go to legacy in one line. */
const atOnce = 100;

export async function compareVectors(
  texts: readonly string[],
  embeddings: EmbeddingsInterface,
  legacy: LegacyRetrieval,
): Promise<VectorParity> {
  const parity: VectorParity = {
    texts: texts.length,
    worst: { cosine: Infinity, text: '' },
    largest: 0,
    identical: 0,
    took: { ours: 0, legacy: 0 },
  };
  for (let at = 0; at < texts.length; at += atOnce) {
    const some = texts.slice(at, at + atOnce);
    const begun = performance.now();
    const ours = await embeddings.embedDocuments(some);
    const between = performance.now();
    const theirs = unpacked(await legacy.call('encode', some));
    parity.took.ours += between - begun;
    parity.took.legacy += performance.now() - between;
    for (const [n, text] of some.entries())
      note(parity, text, ours[n] ?? [], theirs[n] ?? new Float32Array());
  }
  return parity;
}

function note(parity: VectorParity, text: string, ours: number[], theirs: Float32Array): void {
  if (ours.length !== 384 || theirs.length !== 384)
    throw new Error(`Not 384 numbers of ${JSON.stringify(text)}`);
  const difference = Math.max(...ours.map((value, n) => Math.abs(value - (theirs[n] ?? Number.NaN))));
  const cosine =
    ours.reduce((sum, value, n) => sum + value * (theirs[n] ?? Number.NaN), 0) /
    (Math.hypot(...ours) * Math.hypot(...theirs));
  if (!(cosine >= parity.worst.cosine)) parity.worst = { cosine, text };
  parity.largest = Math.max(parity.largest, difference);
  if (difference === 0) parity.identical++;
}

/** @returns lines for a person */
export function vectorLines({ texts, worst, largest, identical, took }: VectorParity): string[] {
  const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
  return [
    `${texts} texts: the worst cosine is ${worst.cosine.toFixed(9)}, of ${JSON.stringify(worst.text.slice(0, 60))}`,
    `${identical} vectors are the same to the bit; the largest difference of two numbers is ${largest.toExponential(1)}`,
    `${seconds(took.ours)} s here, ${seconds(took.legacy)} s in legacy`,
  ];
}
