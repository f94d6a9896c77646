/** One field of a form or body that was refused; `message` is already in the reader's language. */
export interface FieldProblem {
  path: string;
  message: string;
}

interface ErrorDetails {
  params?: Record<string, unknown>;
  fields?: FieldProblem[];
  cause?: unknown;
}

/**
 * An error that its reader can understand. `code` is `<plugin or core>:<name>` and names the message
 * `<plugin or core>:errors.<name>` in the locale files; `status` is the HTTP status.
 */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly params: Record<string, unknown>;
  readonly fields: FieldProblem[];

  constructor(code: string, status: number, { params = {}, fields = [], cause }: ErrorDetails = {}) {
    super(code, { cause });
    this.name = 'AppError';
    this.code = code;
    this.status = status;
    this.params = params;
    this.fields = fields;
  }

  /** Locale key of the message, for example `core:errors.not-found`. */
  get messageKey(): string {
    const [namespace, name] = this.code.split(':');
    return `${namespace}:errors.${name}`;
  }
}

/** The core's own errors. Plugins make theirs with `new AppError('<plugin>:<name>', status)`. */
export const errors = {
  notFound: () => new AppError('core:not-found', 404),
  signInRequired: () => new AppError('core:sign-in-required', 401),
  forbidden: () => new AppError('core:forbidden', 403),
  wrongCredentials: () => new AppError('core:wrong-credentials', 401),
  tooManyAttempts: (minutes: number) => new AppError('core:too-many-attempts', 429, { params: { minutes } }),
  tooManyRequests: () => new AppError('core:too-many-requests', 429),
  tooManySockets: () => new AppError('core:too-many-sockets', 429),
  csrf: () => new AppError('core:csrf', 403),
  tooLarge: (limit: string) => new AppError('core:too-large', 413, { params: { limit } }),
  invalid: (fields: FieldProblem[]) => new AppError('core:invalid', 422, { fields }),
  diskFull: (cause?: unknown) => new AppError('core:disk-full', 507, { cause }),
  conflict: (what: string) => new AppError(`core:conflict-${what}`, 409),
};

/** What a file system answers when it takes no more, and what MongoDB and the built-in engine answer then (error_codes.yml). */
const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT', 14031]);

/** Whether something failed because the disk is full: nobody's request is at fault, and only the operator can mend it. */
function isDiskFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (FULL.has((at as { code?: unknown }).code)) return true;
  return false;
}

/** An error in the words of the catalogue: what is not in it is the platform's own fault. */
export function knownError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return isDiskFull(thrown) ? errors.diskFull(thrown) : new AppError('core:internal', 500, { cause: thrown });
}
