/**
 * Whether a chat's id can be part of a file's name. The legacy app keeps a conversation in `memory_<id>.json`, and answers
 * the deletion of one whose name the system refuses with Python's text of the error.
 */
import { repr } from './python/strings.ts';

/** In bytes, on Linux. */
const longestName = 255;

/** @returns `str(error)` of `os.remove`, or undefined where the name can be used */
export function fileNameFault(id: string): string | undefined {
  if (id.includes('\0')) return 'embedded null byte';
  const name = `memory_${id}.json`;
  return Buffer.byteLength(name) > longestName ? `[Errno 36] File name too long: ${repr(name)}` : undefined;
}
