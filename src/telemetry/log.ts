import { type Level, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly Level[];
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * What is told of an error. Not its other properties, as pino would: clients hang whole requests on their errors,
 * with the headers that carry the credentials.
 */
function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { type, message, stack } = stdSerializers.err(error);
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { type, message, stack, ...code };
}

/** JSON lines with RFC 3339 times; each gets what `write` is given, without the newline. */
export function createLog(level: LogLevel, write: (line: string) => void): Logger {
  return pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), bindings: () => ({}) },
      serializers: { err: errorFields },
    },
    { write: (line: string) => write(line.trimEnd()) },
  );
}
