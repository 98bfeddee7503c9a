/**
 * The containers' health check: exits with 0 where what runs in this container says that it is ready. A worker has its probes
 * on WORKER_PORT, the gateway on the console's port.
 */
const port = process.env.WORKER_PORT || process.env.CONSOLE_PORT || '8081';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) });
  console.log((await answer.text()).trim());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.log(error instanceof Error ? String(error.cause ?? error.message) : error);
  process.exitCode = 1;
}
