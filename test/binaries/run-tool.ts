import { spawn } from 'node:child_process';

import { TOOLS, type ToolName } from './binaries.ts';
import { binaryPath } from './build.ts';

export interface ToolOptions {
  /** For its standard input; empty otherwise. */
  readonly input?: string;
  /** Beside PATH and HOME, which are all that it gets of this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ToolOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a real tool, building it first where it is not there; any exit code is an answer.
 *
 * Errors: MissingPartsError where it can't be built here; an Error where it was killed.
 */
export async function runTool(
  name: ToolName,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolOutcome> {
  const path = await binaryPath(TOOLS[name], (line) => void process.stderr.write(`[${name}] ${line}\n`));
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(path, [...args], { env: { PATH, HOME, ...options.env }, cwd: options.cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // One that ends without reading its input closes the pipe, which is no failure of the call.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === null) reject(new Error(`${name} ${args.join(' ')} was ended by ${signal}: ${stderr}`));
      else resolve({ code, stdout, stderr });
    });
  });
}
