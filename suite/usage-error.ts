/** A command line that asks for what cannot be: its command ends with 2 and says how it is used. */
export class UsageError extends Error {}
