import { type Logger, pino } from 'pino';

/** Structured log lines; what must not be in a log is removed wherever it appears by name. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    redact: {
      paths: [
        'password',
        'idNumber',
        'token',
        'code',
        'secret',
        'cookie',
        '*.password',
        '*.idNumber',
        '*.token',
        '*.secret',
      ],
      censor: '[removed]',
    },
  });
}
