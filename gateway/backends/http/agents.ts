/** Closing what an agent keeps open. */
import type { Agent } from 'node:http';

/** Closes the connections that are not in use; those that are get closed after their answer. */
export function closeIdle(agent: Agent): void {
  Object.assign(agent, { keepAlive: false });
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}
