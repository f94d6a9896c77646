import { ObjectId } from 'bson';

/** A new document id: 24 hexadecimal digits, roughly ordered by time. */
export const newId = (): string => new ObjectId().toHexString();

/** The `_id` of every schema of ours: a string, so that documents, pages and JSON carry the same value. */
export const idField = { type: String, default: newId } as const;
