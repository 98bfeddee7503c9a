/** That a proxy passes what the upstream says, before anything is measured. */
import { contents } from './contents.ts';

/** @throws Error that names what came out otherwise */
export async function checkAnswers(url: string): Promise<void> {
  for (const { path, type, body } of contents) {
    const answer = await fetch(`${url}${path}`);
    const got = Buffer.from(await answer.arrayBuffer());
    const right = answer.status === 200 && answer.headers.get('content-type') === type && got.equals(body);
    if (!right) throw new Error(`GET ${path} gave ${answer.status} with ${got.byteLength} bytes`);
  }
}
