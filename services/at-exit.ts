/** What has to end when this process does. One listener for all of them, however many there are. */
const ends = new Set<() => void>();

/** @returns what takes it back */
export function atExit(end: () => void): () => void {
  if (ends.size === 0) process.on('exit', endAll);
  ends.add(end);
  return () => {
    ends.delete(end);
    if (ends.size === 0) process.off('exit', endAll);
  };
}

function endAll(): void {
  for (const end of ends) end();
}
