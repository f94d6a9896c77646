import { Double, Int32 } from 'mongodb';

/** Options with which the driver gives numbers as they are stored. */
export const raw = { promoteValues: false, promoteLongs: false, promoteBuffers: false };
/** Types and values in one text. */
export const typed = (value: unknown): string =>
  JSON.stringify(value, (_name, each) => {
    if (each instanceof Int32 || each instanceof Double) return Number(each.value);
    if (each === null || typeof each !== 'object' || Object.getPrototypeOf(each) !== Object.prototype) return each;
    return Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)));
  });

/** Numbers as the driver stores them. */
export const asStored = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isInteger(value) ? new Int32(value) : new Double(value);
  if (Array.isArray(value)) return value.map(asStored);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asStored(each)]));
};
