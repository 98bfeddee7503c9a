/** What the running gateway runs with, and where this environment says something else. */
import { nameOf } from '../../continuity/protocol/modes.ts';
import { type Check, type Finding, ok, warning } from './check.ts';

export const configuration: Check = {
  name: 'Configuration',
  async look({ gateway }) {
    if (!gateway) return ok('of this environment, as no gateway runs that could tell its own');
    const { configuration: running, here = {} } = gateway;
    if (!running)
      return warning(
        'the gateway does not say what it runs with, so this is what this environment says',
        'Give this command the console token of the gateway, or the gateway this version.',
      );
    const { settings, legacyUrl, isJournaled, epoch, modes, pid } = running;
    const moved = Object.values(modes).filter((mode) => nameOf(mode) !== 'legacy').length;
    const says = [
      `of the gateway (process ${pid}): BANYAN_DATA ${settings.BANYAN_DATA}`,
      `DATABASE_URL ${settings.DATABASE_URL}`,
      `CONTINUITY ${settings.CONTINUITY}, so writes are ${isJournaled ? '' : 'not '}journaled`,
      `legacy at ${legacyUrl}`,
      `flags of ${settings.BANYAN_FLAGS}: epoch ${epoch}, ${moved} of ${Object.keys(modes).length} routes are not legacy`,
    ];
    return [ok(says.join('; ')), ...differences(settings, here)];
  },
};

function differences(
  there: Readonly<Record<string, string>>,
  here: Readonly<Record<string, string>>,
): Finding[] {
  const differ = Object.entries(there)
    .filter(([name, value]) => name in here && here[name] !== value)
    .map(([name, value]) => `${name} is ${value} there and ${here[name]} here`);
  if (differ.length === 0) return [];
  return [
    warning(
      `this environment says something else than the gateway: ${differ.join('; ')}`,
      'The gateway goes by its own, and so does what is looked at here. Set these alike; or restart the gateway if this environment is right.',
    ),
  ];
}
