/** What the new backend is not known to have yet of the routes that it is to get more of. */
import { kindsOf } from '../continuity/protocol/keys.ts';
import { isForth } from '../continuity/protocol/roles.ts';
import { finding, type Look } from './finding.ts';

export const unfinishedSync: Look = ({ plan }, { sync, table }) => {
  const forth = plan.changes.filter(({ from, to }) => isForth(from, to)).map(({ route }) => route);
  const kinds = new Set(table.routes.filter(({ key }) => forth.includes(key)).flatMap(kindsOf));
  const unfinished = (sync?.() ?? []).filter(({ kind, phase }) => kinds.has(kind) && phase !== 'ended');
  if (unfinished.length === 0) return [];
  return [
    finding(
      'caution',
      'First sync',
      'It has not ended, so legacy goes on serving what the new backend is not known to have (`banyan sync`):',
      unfinished.map(({ kind, known, total, left }) => ({
        name: kind,
        says: [
          `${known} of ${total ?? 'an unknown number'} are on the new backend`,
          ...(left.count > 0 ? [`${left.count} could not be brought`] : []),
        ],
      })),
    ),
  ];
};
