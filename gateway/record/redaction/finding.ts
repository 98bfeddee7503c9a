/** Where a secret stands in a text. */
export interface Finding {
  /** Inclusive. */
  start: number;
  /** Exclusive. */
  end: number;
  /** Where that begins by which it is known for a secret: its name, its scheme. At or before `start`. */
  known: number;
}

/** Findings in order; those that overlap are one. */
export function united(findings: readonly Finding[]): Finding[] {
  const out: Finding[] = [];
  for (const finding of findings.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = out.at(-1);
    if (last && finding.start < last.end)
      out[out.length - 1] = {
        start: last.start,
        end: Math.max(last.end, finding.end),
        known: Math.min(last.known, finding.known),
      };
    else out.push(finding);
  }
  return out;
}
