import type { z } from 'zod';

type Environment = Readonly<Record<string, string | undefined>>;

/** What an application declares of variables of its own, so that they are read, checked and described with the tool's. */
export interface OwnSettings<Shape extends z.ZodRawShape, Values extends object> {
  /** By their names. */
  shape: Shape;
  /** Of each, what docs/settings.md says of it. */
  words: Readonly<Record<keyof Shape & string, OwnWords>>;
  /** Those that may be given as `NAME_FILE` too. */
  secrets: readonly (keyof Shape & string)[];
  /**
   * What is wrong between several variables, a sentence each.
   * @param given those that are set, also by a file
   * @param env those that name the files too
   */
  faults?(given: Environment, env: Environment): string[];
  /**
   * The settings as the application knows them.
   * @param read every variable of `shape`
   * @param folder what relative paths start from
   */
  values(read: z.output<z.ZodObject<Shape>>, folder: string): Values;
}

export interface Words {
  /** Shown as the default where it is not a plain value. */
  otherwise?: string;
  what: string;
}

export interface OwnWords extends Words {
  /** The variable that it follows in the reference: the tool's, or one of the application's own. */
  after: string;
}
