import type { Io } from './io.ts';
import { UsageError } from './io.ts';

export interface Command {
  readonly summary: string;
  /** Resolves with the exit code. */
  readonly run: (argv: readonly string[], io: Io) => Promise<number>;
}

/** Imported when they are called: a command without a cluster need not pay for the Kubernetes library. */
const COMMANDS: Readonly<Record<string, Command>> = {
  demo: {
    summary: 'show the main job on a fleet in this process',
    run: async (argv, io) => (await import('./demo.ts')).demo(argv, io),
  },
  operator: {
    summary: 'run the operator on a cluster',
    run: async (argv, io) => {
      const [{ operator }, { decide }] = await Promise.all([
        import('./operator.ts'),
        import('../core/decide.ts'),
      ]);
      return operator(argv, io, decide);
    },
  },
  fleet: {
    summary: 'give a cluster simulated edge nodes',
    run: async (argv, io) => (await import('./fleet.ts')).fleet(argv, io),
  },
  judge: {
    summary: 'replay the decisions of a wave, from a file or from Prometheus',
    run: async (argv, io) => {
      const [{ judge }, { judgeTrial }] = await Promise.all([
        import('./judge.ts'),
        import('../judge/trial/judge-trial.ts'),
      ]);
      return judge(argv, io, judgeTrial, async (flags) =>
        (await import('./judge/live-evidence.ts')).liveEvidence(flags, io),
      );
    },
  },
  crds: {
    summary: 'print, write or check the CustomResourceDefinitions',
    run: async (argv, { out }) => (await import('./crds.ts')).crds(argv, out),
  },
};

export function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return [
    'Outrigger rolls AI models out over K3s edge fleets.',
    '',
    'Usage: outrigger COMMAND [flags]',
    '',
    ...lines,
    `  ${'help'.padEnd(10)}this page`,
    '',
    'outrigger COMMAND --help says more of each.',
  ].join('\n');
}

/** Runs the command that the arguments name; the exit code. 2 means that it was called wrongly. */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    io.out(usage());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    io.err(`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(', ')} and help`);
    return 2;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    io.err(`outrigger ${name}: ${error.message}`);
    return 2;
  }
}

/** Our own, and what util.parseArgs says of flags that it does not know. */
function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
