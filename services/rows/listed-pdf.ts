/** A PDF in a chat's list. */
import type { WallTime } from '../db/wall-time.ts';

export interface ListedPdf {
  name: string;
  uploadedAt: WallTime;
  chunks: number;
}
