/** A gateway whose clock is not the database's: how long legacy may still be at work is nobody's wall clock's matter. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { onFailpoint } from './failpoints.ts';
import { onPostgres } from './testing/both.ts';
import { startRig } from './testing/rig.ts';

onPostgres((database) => {
  it.each([
    ['an hour ahead', 3_600_000],
    ['an hour behind', -3_600_000],
  ])(
    'looks for a write in doubt for as long as its route takes where its clock is %s',
    async (_, difference) => {
      const rig = await startRig(database.db, { longest: 1200 });
      const note = await rig.make();
      await rig.even();
      const real = Date.now.bind(Date);
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + difference);
      onTestFinished(() => clock.mockRestore());
      // The answer is lost before anybody has seen it, and legacy has done nothing.
      onTestFinished(
        onFailpoint('admitted', () => {
          throw Object.assign(new Error('broken off'), { code: 'ECONNRESET' });
        }),
      );
      const began = performance.now();
      expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'In doubt' })).status).toBe(500);
      rig.kill();
      await rig.restart();
      await rig.continuity.resolver.idle();
      expect(performance.now() - began).toBeGreaterThan(1200);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(await rig.entries('PUT /notes/:note_id/title')).toMatchObject([{ state: 'void' }]);
    },
  );
});
