/** An error that is answered to the client with MongoDB's code, code name and labels. */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly labels: readonly string[];
  readonly extra: Record<string, unknown>;

  constructor(
    code: number,
    codeName: string,
    message: string,
    extra: Record<string, unknown> = {},
    labels: readonly string[] = [],
  ) {
    super(message);
    this.code = code;
    this.codeName = codeName;
    this.extra = extra;
    this.labels = labels;
  }
}

export const badValue = (message: string) => new CommandError(2, 'BadValue', message);
export const failedToParse = (message: string) => new CommandError(9, 'FailedToParse', message);
export const typeMismatch = (message: string) => new CommandError(14, 'TypeMismatch', message);
export const namespaceNotFound = (message: string) => new CommandError(26, 'NamespaceNotFound', message);
export const pathConflict = (message: string) => new CommandError(40, 'ConflictingUpdateOperators', message);
export const notImplemented = (message: string) => new CommandError(238, 'NotImplemented', message);
/** An error with a code that has no name in MongoDB. */
export const located = (code: number, message: string) => new CommandError(code, `Location${code}`, message);

export const invalidOptions = (message: string) => new CommandError(72, 'InvalidOptions', message);

export const searchNeedsAtlas = () =>
  new CommandError(31082, 'SearchNotEnabled', 'Search indexes are only available on MongoDB Atlas');

/** A conflict with another transaction: the driver retries the whole transaction. */
export const writeConflict = () =>
  new CommandError(
    112,
    'WriteConflict',
    'Caused by :: Write conflict during plan execution and yielding is disabled. :: Please retry your operation or multi-document transaction.',
    {},
    ['TransientTransactionError'],
  );

/** A second document with the same values in a unique index. */
export const duplicateKey = (
  namespace: string,
  index: string,
  keyPattern: Record<string, unknown>,
  keyValue: Record<string, unknown>,
) =>
  new CommandError(
    11000,
    'DuplicateKey',
    `E11000 duplicate key error collection: ${namespace} index: ${index} dup key: ${describe(keyValue)}`,
    { keyPattern, keyValue },
  );

function describe(value: Record<string, unknown>): string {
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${describeField(field)}`);
  return `{ ${fields.join(', ')} }`;
}

function describeField(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (typeof value === 'object' && (value as { _bsontype?: string })._bsontype === 'ObjectId') {
    return `ObjectId('${String(value)}')`;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
