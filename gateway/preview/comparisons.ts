/** How the two backends compared on the routes that the new one is to get more of. */
import { isForth } from '../continuity/protocol/roles.ts';
import { counted, finding, type Look } from './finding.ts';

export const divergences: Look = ({ plan }, { compared }) => {
  const forth = plan.changes.filter(({ from, to }) => isForth(from, to)).map(({ route }) => route);
  if (!compared || forth.length === 0) return [];
  const tallies = compared().filter(({ route }) => forth.includes(route));
  const looked = tallies.filter(
    ({ matched, accepted, divergent, failed }) => matched + accepted + divergent + failed > 0,
  );
  const answers = looked.reduce(
    (sum, { matched, accepted, divergent }) => sum + matched + accepted + divergent,
    0,
  );
  const bad = looked.filter(({ divergent, failed }) => divergent + failed > 0);
  const unseen = forth.filter((route) => !looked.some((tally) => tally.route === route));
  const items = bad.map(({ route, matched, accepted, divergent, failed }) => ({
    name: route,
    says: [
      ...(divergent > 0 ? [`${divergent} of ${matched + accepted + divergent} answers differed`] : []),
      ...(failed > 0 ? [`the new backend gave no answer ${counted(failed, 'time', 'times')}`] : []),
    ],
  }));
  return [
    ...(bad.length > 0
      ? [
          finding(
            'caution',
            'Divergences',
            'Compared with legacy since the start (`banyan divergences` shows both answers):',
            items,
          ),
        ]
      : []),
    ...(bad.length === 0 && looked.length > 0
      ? [
          finding(
            'well',
            'Divergences',
            `${counted(answers, 'answer was', 'answers were')} compared with legacy since the start, and none differed.`,
          ),
        ]
      : []),
    ...(unseen.length > 0
      ? [
          finding(
            'note',
            'Not compared',
            `${counted(unseen.length, 'route was', 'routes were')} not compared with legacy since the start; mode \`shadow\` compares reads, and the mirror compares writes:`,
            unseen.map((route) => ({ name: route, says: [] })),
          ),
        ]
      : []),
  ];
};
