/** undici's pool by its lowest call: no promise, no stream object, the handler writes to the client. */
import type { ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { serve, upstream } from './serve-proxy.ts';

const pool = new Pool(upstream().origin, { connections: 256 });

serve((request, response) => {
  const { method = 'GET', url: path = '/', rawHeaders: headers } = request;
  const body = method === 'GET' ? null : request;
  pool.dispatch({ method, path, headers, body }, new Forward(response));
});

class Forward implements Dispatcher.DispatchHandler {
  private readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    const headers = controller.rawHeaders as Buffer[];
    this.response.writeHead(status, headers.map(String));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.response.write(chunk)) return;
    controller.pause();
    this.response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.response.end();
  }

  onResponseError(): void {
    this.response.destroy();
  }
}
