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

/** The names of codes; MongoDB calls those without one after their number. */
const codeNames = new Map(
  `1:InternalError 2:BadValue 9:FailedToParse 13:Unauthorized 14:TypeMismatch 15:Overflow 16:InvalidLength
17:ProtocolError 18:AuthenticationFailed 22:InvalidBSON 23:AlreadyInitialized 26:NamespaceNotFound 27:IndexNotFound
28:PathNotViable 40:ConflictingUpdateOperators 43:CursorNotFound 48:NamespaceExists 50:MaxTimeMSExpired
52:DollarPrefixedFieldName 53:InvalidIdField 54:NotSingleValueField 56:EmptyFieldName 59:CommandNotFound
66:ImmutableField 67:CannotCreateIndex 72:InvalidOptions 73:InvalidNamespace
79:UnknownReplWriteConcern 85:IndexOptionsConflict 86:IndexKeySpecsConflict
100:UnsatisfiableWriteConcern 111:NotExactValueField 112:WriteConflict
117:ConflictingOperationInProgress 125:CommandFailed 146:ExceededMemoryLimit
171:CannotIndexParallelArrays 175:QueryPlanKilled 207:InvalidUUID
225:TransactionTooOld 237:CursorKilled 238:NotImplemented 239:SnapshotTooOld 246:SnapshotUnavailable
251:NoSuchTransaction 256:TransactionCommitted 262:ExceededTimeLimit 263:OperationNotSupportedInTransaction
276:IndexBuildAborted 279:ClientDisconnect 292:QueryExceededMemoryLimitNoDiskUseAllowed 334:MechanismUnavailable
352:UnsupportedOpQueryCommand 10334:BSONObjectTooLarge 11000:DuplicateKey 11601:Interrupted 12051:CursorInUse
12586:BackgroundOperationInProgressForNamespace 14031:OutOfDiskSpace 31082:SearchNotEnabled
50768:NotARetryableWriteCommand`
    .split(/\s+/)
    .map((each) => each.split(':') as [string, string]),
);

export const codeName = (code: number): string => codeNames.get(String(code)) ?? `Location${code}`;

/** The error with this code of MongoDB's, what belongs to it beside the message, and labels that it has in any case. */
export const failure = (
  code: number,
  message: string,
  extra: Record<string, unknown> = {},
  labels: readonly string[] = [],
): CommandError => new CommandError(code, codeName(code), message, extra, labels);

export const badValue = (message: string) => failure(2, message);
export const failedToParse = (message: string) => failure(9, message);
export const typeMismatch = (message: string) => failure(14, message);
export const namespaceNotFound = (message: string) => failure(26, message);
export const pathConflict = (message: string) => failure(40, message);
export const notImplemented = (message: string) => failure(238, message);
export const invalidOptions = (message: string) => failure(72, message);

export const searchNeedsAtlas = () => failure(31082, 'Search indexes are only available on MongoDB Atlas');

/** A conflict with another transaction: the driver retries the whole transaction. */
export const writeConflict = () =>
  failure(
    112,
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
  failure(11000, `E11000 duplicate key error collection: ${namespace} index: ${index} dup key: ${describe(keyValue)}`, {
    keyPattern,
    keyValue,
  });

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
