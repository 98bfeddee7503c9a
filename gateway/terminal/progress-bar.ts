/** How far long work is, for a terminal. */

const cells = 30;

/** `███████░░░ 23 %`. @param total nothing to do counts as done */
export function progressBar(done: number, total: number): string {
  const share = total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
  const full = Math.round(share * cells);
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)} ${Math.floor(share * 100)} %`;
}
