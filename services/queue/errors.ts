/** Redis cannot be used as it is; says what to do. */
export class RedisUnusableError extends Error {
  constructor(server: string, reason: string, advice: string) {
    super(`The Redis at ${server} cannot be used: ${reason}. ${advice}`);
    this.name = 'RedisUnusableError';
  }
}
