/** Uploads through a proxy, sent as fast as it takes them. */
import { request } from 'node:http';
import { uploadPath, uploadSize } from './contents.ts';

const piece = Buffer.alloc(64 * 1024, 'x');

/** Ten at once take this machine 20 s at most; longer, and the proxy holds them back for good. */
const patience = 60_000;

/** @throws Error when the sink counted other than `size` bytes, or nothing after a minute */
export function upload(url: string, size = uploadSize): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(
      `${url}${uploadPath}`,
      {
        method: 'POST',
        headers: { 'Content-Length': size, 'Content-Type': 'application/octet-stream' },
        signal: AbortSignal.timeout(patience),
      },
      async (answer) => {
        const text = Buffer.concat(await answer.toArray()).toString();
        if (answer.statusCode === 200 && text === JSON.stringify({ bytes: size })) resolve();
        else reject(new Error(`An upload of ${size} bytes was answered with ${answer.statusCode} ${text}`));
      },
    );
    sending.on('error', reject);
    let left = size;
    const fill = () => {
      while (left > 0) {
        const next = left < piece.byteLength ? piece.subarray(0, left) : piece;
        left -= next.byteLength;
        if (!sending.write(next)) {
          sending.once('drain', fill);
          return;
        }
      }
      sending.end();
    };
    fill();
  });
}
