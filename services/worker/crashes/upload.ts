/** An upload that the backend has acknowledged. */
export interface Upload {
  jobId: string;
  chatId: string;
  file: string;
}
