/** How far legacy's clock is from the gateway's, from samples with bounds. */
import { localTime } from '@banyan/route-table/local-time.ts';
import { expect, it } from 'vitest';
import { notesTable } from '../testing/notes-table.ts';
import { momentsIn } from './clock-samples.ts';
import { LegacyClock } from './legacy-clock.ts';

const noon = Date.parse('2026-06-01T12:00:00Z');
const hour = 3_600_000;
/** As a legacy writes it whose times are so far ahead of UTC. */
const written = (moment: number, ahead: number) =>
  `${new Date(moment + ahead).toISOString().slice(0, -1)}000Z`;
const sample = (clock: LegacyClock, ahead: number, began: number, took = 100) =>
  clock.told(written(began + took / 2, ahead), { began, ended: began + took });

it('knows nothing but its own clock and zone before legacy has said anything', () => {
  const { least, most, from } = new LegacyClock().between(noon, noon);
  expect([least, most, from]).toEqual([Date.parse(localTime(noon)) - noon, least, 'assumed']);
});

it('is as uncertain as the request took, and less so with each sample that agrees', () => {
  const clock = new LegacyClock();
  sample(clock, -5000, noon, 1000);
  expect(clock.between(noon, noon)).toEqual({ least: -5501, most: -4499, from: 'times' });
  sample(clock, -5000, noon + 60_000, 100);
  expect(clock.between(noon, noon)).toEqual({ least: -5051, most: -4949, from: 'times' });
});

it('has zone and fault in one', () => {
  const clock = new LegacyClock();
  sample(clock, 5.75 * hour - 5000, noon);
  const { least, most } = clock.between(noon, noon);
  expect([least, most]).toEqual([5.75 * hour - 5051, 5.75 * hour - 4949]);
});

it('allows both sides of a change between winter and summer for what happened in between', () => {
  const clock = new LegacyClock();
  sample(clock, hour, noon);
  sample(clock, 2 * hour, noon + hour);
  const [before, between, after] = [-hour, hour / 2, 2 * hour].map((at) =>
    clock.between(noon + at, noon + at),
  );
  expect([before?.least, before?.most]).toEqual([hour - 51, hour + 51]);
  expect([between?.least, between?.most]).toEqual([hour - 51, 2 * hour + 51]);
  expect([after?.least, after?.most]).toEqual([2 * hour - 51, 2 * hour + 51]);
});

it('takes the date of an answer where legacy has written no time, in the zone of the gateway', () => {
  const clock = new LegacyClock();
  clock.dated(new Date(noon - 5000).toUTCString(), { began: noon, ended: noon + 100 });
  const zone = Date.parse(localTime(noon)) - noon;
  expect(clock.between(noon, noon)).toEqual({ least: zone - 5100, most: zone - 4000, from: 'date' });
  clock.dated('yesterday', { began: noon, ended: noon });
  expect(clock.between(noon, noon).least).toBe(zone - 5100);
  sample(clock, -5000, noon);
  expect(clock.between(noon, noon).from).toBe('times');
});

it('finds the times in answers that are of their own moment', () => {
  const { routes } = notesTable();
  const told = routes.flatMap((route) => momentsIn(route).map((at) => [route.key, at]));
  expect(told).toEqual([['POST /notes', '$.created_at']]);
});
