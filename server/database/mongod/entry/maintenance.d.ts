export interface CheckReport {
  collections: number;
  documents: number;
  indexEntries: number;
  /** One line per disagreement. */
  problems: string[];
}

/** Compares every index of a data folder with its documents, and the counts with both. The engine must not run. */
export declare function checkFolder(path: string): Promise<CheckReport>;

/** Writes the data file anew without its free space. The engine must not run. @returns bytes of the file */
export declare function compactFolder(path: string): Promise<{ before: number; after: number }>;
