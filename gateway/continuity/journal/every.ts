/** Does something at once and again and again, off everybody's path; what fails is tried the next time. */
export function every(milliseconds: number, work: () => Promise<void>): { close(): Promise<void> } {
  let running = Promise.resolve();
  const run = () => {
    running = running.then(work).catch(() => undefined);
  };
  run();
  const timer = setInterval(run, milliseconds).unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
