import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The build is the same for everybody: no C compiler, no workspace file from a folder above. */
export const GO_ENVIRONMENT = { CGO_ENABLED: '0', GOWORK: 'off' } as const;

export interface GoToolchain {
  readonly version: string;
  readonly platform: string;
}

/** The Go that would build the module in `folder`, or why there is none. */
export async function findGo(folder: string): Promise<GoToolchain | { readonly missing: string }> {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], {
      cwd: folder,
      env: { ...process.env, ...GO_ENVIRONMENT },
    });
    const [version = '', os = '', architecture = ''] = stdout.trim().split('\n');
    return { version, platform: `${os}/${architecture}` };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { missing: 'there is no `go` on the PATH' };
    }
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    return { missing: `\`go\` does not work: ${stderr}` };
  }
}
