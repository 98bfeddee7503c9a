/** How the audits are doing, for people. */
export interface AuditState {
  /** Looks at lists since the start. */
  looks: number;
  /** Single entities that were compared. */
  compared: number;
  /** How many minutes it takes to compare all of them; 0 where none are. */
  coversIn: number;
  /** Entities that were created on legacy. */
  foreign: number;
  /** Keys of which the new backend was to take over legacy's state. */
  adopted: number;
  conflicts: number;
  /** Entities that legacy no longer lists, too many at once to believe that they were deleted. */
  withheld: number;
  /** Why the last look came to nothing; null: it came to an end. */
  fault: string | null;
}

export const nothingFound: Readonly<AuditState> = {
  looks: 0,
  compared: 0,
  coversIn: 0,
  foreign: 0,
  adopted: 0,
  conflicts: 0,
  withheld: 0,
  fault: null,
};
