/** Comparing what a caller presents with a secret. */
import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether two texts are the same, in a time that does not tell how much of them is. Hashes have one length, so that the
 * time does not tell the secret's length either.
 */
export function isSameSecret(presented: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(presented), digest(secret));
}
