/** What legacy's lists showed, and when. */
import { expect, it } from 'vitest';
import { Lag } from '../journal/lag/lag.ts';
import { Knowledge } from '../knowledge/knowledge.ts';
import { Sightings } from './sightings.ts';

const now = () => performance.now();
/** The next moment that this process' clock can tell from the last one. */
const later = () => {
  const before = now();
  while (now() === before);
  return now();
};

it('tells what was there before from what was not, once it has seen all of a kind', () => {
  const seen = new Sightings();
  const early = later();
  expect(seen.wasThere('note:1', early)).toBeUndefined();
  seen.saw('note', ['note:1', 'other:1'], { since: now() });
  const sent = later();
  seen.saw('note', ['note:1', 'note:2'], { since: now() });
  expect(['note:1', 'note:2', 'other:1'].map((key) => seen.wasThere(key, sent))).toEqual([
    true,
    false,
    undefined,
  ]);
  expect(seen.wasThere('note:1', early)).toBeUndefined();
});

it('does not take a part of a list for all of it', () => {
  const seen = new Sightings();
  seen.saw('note', ['note:1'], false);
  const sent = later();
  expect([seen.wasThere('note:1', sent), seen.wasThere('note:2', sent)]).toEqual([true, undefined]);
});

it('reads a list once, for all who ask, and not again soon where that shows only a part', async () => {
  for (const isAll of [true, false]) {
    const seen = new Sightings();
    let readings = 0;
    const first = () =>
      seen.first('note', async () => {
        readings += 1;
        await Promise.resolve();
        seen.saw('note', ['note:1'], isAll && { since: now() });
      });
    await Promise.all([first(), first()]);
    await first();
    expect(readings).toBe(1);
  }
});

it('takes nothing for foreign before every create has ended that may have made it', () => {
  const lag = new Lag(new Knowledge());
  const seen = new Sightings({
    onTheWay: (kind) => lag.onTheWayToLegacy([`list:${kind}`]),
    isOnTheWay: (id) => lag.isOnTheWayToLegacy(id),
  });
  expect(seen.isForeign('note:1')).toBe(false);
  lag.admitted('create', 'legacy', ['list:note']);
  lag.admitted('replayed', 'new', ['list:note', 'note:3']);
  lag.settled('replayed', [], true);
  lag.admitted('elsewhere', 'legacy', ['list:other']);
  seen.saw('note', ['note:1'], { since: now() });
  lag.admitted('later', 'legacy', ['list:note']);
  lag.settled('create', ['note:2'], true);
  expect(seen.isForeign('note:1')).toBe(false);
  lag.gone('replayed');
  expect(seen.isForeign('note:1')).toBe(true);
});
