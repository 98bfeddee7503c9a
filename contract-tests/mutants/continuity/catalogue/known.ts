/** Faults in what is known of either backend: the first sync, restarts of legacy, writes past the gateway, and `banyan diff`. */
import type { ContinuityFault } from '@banyan/suite/mutants/continuity/fault.ts';

const nothingAssumed = 'Nothing is assumed of a backend that was not seen to have it';
const restarts = 'Legacy may be started again at any time';
const outside = 'What is written directly on legacy is found, and never overwritten silently';
const clean = 'A diff is clean only where everything was compared and is alike';

export const knowledgeFaults: ContinuityFault[] = [
  {
    name: 'unknown-is-known',
    breaks: nothingAssumed,
    in: 'Knowledge',
    from: 'return this.#kinds.has($kind) ? !this.#unknown.get($kind)?.has($key) : this.#known.has($key);',
    to: 'return !this.#unknown.get($kind)?.has($key);',
    seenBy: { title: 'lets legacy serve what the new backend is not known to have, whatever the flags say' },
  },
  {
    name: 'different-and-known',
    breaks: nothingAssumed,
    in: 'bring',
    from: "if ($compared.outcome === 'equal') {",
    to: "if ($compared.outcome === 'different') $equal.push($entity);\n    else if ($compared.outcome === 'equal') {",
    seenBy: { title: 'makes nothing known that the two backends show differently' },
  },
  {
    name: 'legacy-outranked-by-what-is-not-proven',
    breaks: nothingAssumed,
    in: 'Knowledge',
    from: 'return !isList($key) && this.isKnown($key) && this.#outranks(kindOf($key));',
    to: 'return !isList($key) && this.isKnown($key);',
    seenBy: { title: 'lets legacy answer as it can if a write of the kind is not proven on the new backend' },
  },
  {
    name: 'restart-during-a-read-not-seen',
    breaks: restarts,
    in: 'Reader',
    from: 'if (!(await this.#isOutdated($incarnation, $read, $answered.answer))) return $answered;',
    to: 'if ($answered) return $answered;',
    seenBy: { title: 'chooses again if legacy was started again while a read was on its way' },
  },
  {
    name: 'restart-between-two-gateways-not-seen',
    breaks: restarts,
    in: 'Restarts',
    from: 'if (this.#isRecognised) await withinPatience(this.#lookSafely());',
    to: '',
    seenBy: { title: 'recognises a restart that came while no gateway ran' },
  },
  {
    name: 'much-missing-is-no-matter',
    breaks: restarts,
    in: 'Checkup',
    from: 'if ($isEmpty || $missing.length > mostMissing($known.length))',
    to: 'if ($missing.length > $known.length)',
    seenBy: { title: 'stops what goes to legacy if it comes back without much of its data' },
  },
  {
    name: 'given-back-beside-what-is-listed',
    breaks: restarts,
    in: 'GivingBack',
    from: 'for (const $original of $found.originals) await this.#remove($original);',
    to: '',
    seenBy: { title: 'gives legacy back the documents that it has forgotten, though it still lists them' },
  },
  {
    name: 'own-send-is-an-outside-write',
    breaks: outside,
    in: 'ListAudit',
    from: 'const $isQuiet = ($key: string) => !$busy.has($key) && !this.#watch.disturbed.has($key);',
    to: 'const $isQuiet = ($key: string) => $key !== String($busy);',
    seenBy: { title: 'leaves a key alone until legacy has what the mirror owes it' },
  },
  {
    name: 'own-create-is-foreign',
    breaks: outside,
    in: 'ListAudit',
    from: "if ($seen.finding === 'foreign') return !",
    to: "if ($seen.finding === 'foreign') return true || !",
    seenBy: { title: 'takes a row for foreign only if it is unregistered once every create has finished' },
  },
  {
    name: 'deletion-outside-deletes-what-clients-wrote',
    breaks: outside,
    in: 'judge',
    from: "return $wasEqual || ($side === 'legacy' && $isOld)",
    to: 'return $wasEqual || $side || $isOld',
    seenBy: { title: 'does not delete what clients wrote to while it was deleted on legacy' },
  },
  {
    name: 'lost-disk-is-many-deletions',
    breaks: outside,
    in: 'Audit',
    from: 'const $isTooMany = $gone > mostGone.count && $gone > mostGone.share * $list.ids.length;',
    to: 'const $isTooMany = $gone > $gone + $list.ids.length;',
    seenBy: { title: 'deletes nothing where legacy has lost much at once' },
  },
  {
    name: 'compared-while-written',
    breaks: clean,
    in: 'whileQuiet',
    from: "if ($watch.isDisturbed) return { outcome: 'disturbed', why: 'written' };",
    to: '',
    seenBy: { title: 'says nothing of what is being written, is owed, or is written meanwhile' },
  },
  {
    name: 'undecided-is-clean',
    breaks: clean,
    in: 'Diff',
    from: 'const $isUndecided = $counts.disturbed + $counts.unavailable > 0;',
    to: 'const $isUndecided = $counts.disturbed + $counts.unavailable < 0;',
    seenBy: { title: 'says which keys it could not decide about, and is not clean then' },
  },
];
