/** What the Node programs share: they listen on any free port and say which over the channel to their parent. */
import { createServer, type RequestListener } from 'node:http';

/** Where the program is to send its requests. */
export function upstream(): URL {
  return new URL(process.env.UPSTREAM ?? 'http://127.0.0.1:80');
}

export function serve(listener: RequestListener): void {
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, listener);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address && typeof address === 'object') ready(address.port);
  });
}

export function ready(port: number): void {
  process.send?.({ port });
  // Nobody is left to stop it.
  process.once('disconnect', () => process.exit());
}
