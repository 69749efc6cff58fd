import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { embeddedFiles } from './embedded-files.ts';

export interface OneFile {
  readonly code: string;
  /** Source map, JSON. */
  readonly map: string;
  /** Ids of the modules of which something is in `code`. */
  readonly modules: readonly string[];
}

/**
 * `src/main.ts` of the folder `root` with all that it imports, as one ES module whose commands are still evaluated
 * only when they are called. `file` is where it is to lie, for the paths in the source map.
 *
 * In two passes: a bundler that puts a lazily imported module into the same file keeps all of it, because anything of
 * its namespace could be asked for. Split into chunks first, only what is used is left (of the 15 MB of the Kubernetes
 * library 40 KB), and the chunks are then put together.
 *
 * Errors: rejects with the bundler's words, also where an import cannot be resolved.
 */
export async function bundleOneFile(root: string, file: string): Promise<OneFile> {
  const chunks = await split(root, file);
  const entry = chunks.find((chunk) => chunk.isEntry);
  if (entry === undefined) throw new Error('the first pass made no entry');
  const folder = join(file, '..');
  await using build = await rolldown({
    input: join(folder, entry.fileName),
    cwd: root,
    platform: 'node',
    plugins: [fromMemory(folder, chunks), lazyBuiltins()],
    onLog: refuse,
  });
  const { output } = await build.generate({
    file,
    format: 'esm',
    codeSplitting: false,
    // With names, a stack in somebody's bug report can be read.
    minify: { mangle: { keepNames: true }, compress: { keepNames: { function: true, class: true } } },
    banner: '#!/usr/bin/env node',
    // What they say is in THIRD-PARTY-LICENSES.
    comments: false,
    sourcemap: true,
  });
  const [chunk, ...others] = output.filter((each) => each.type === 'chunk');
  if (!chunk?.map || others.length > 0) throw new Error('the second pass made more or less than one file');
  return { code: chunk.code, map: chunk.map.toString(), modules: usedModules(chunks) };
}

async function split(root: string, file: string): Promise<readonly OutputChunk[]> {
  await using build = await rolldown({
    input: join(root, 'src/main.ts'),
    cwd: root,
    platform: 'node',
    plugins: [embeddedFiles(root)],
    // The Kubernetes library does not say of itself that importing it changes nothing. One file of it does: it sets
    // the global `File`, which Node has had for long.
    treeshake: { moduleSideEffects: [{ test: /@kubernetes\/client-node\//, sideEffects: false }] },
    onLog: refuse,
  });
  const { output } = await build.generate({ dir: join(file, '..'), format: 'esm', sourcemap: true });
  return output.filter((each) => each.type === 'chunk');
}

/** The chunks of the first pass, which are on no disk. */
function fromMemory(folder: string, chunks: readonly OutputChunk[]): Plugin {
  const byPath = new Map(chunks.map((chunk) => [join(folder, chunk.fileName), chunk]));
  return {
    name: 'from-memory',
    resolveId(source, importer) {
      const path = importer === undefined ? source : join(importer, '..', source);
      return byPath.has(path) ? path : null;
    },
    load(id) {
      const chunk = byPath.get(id);
      return chunk && { code: chunk.code, map: chunk.map?.toString() ?? null };
    },
  };
}

/**
 * Node's own modules, fetched where a module that needs them is evaluated. As imports of the one file they would all
 * be loaded at its start, and `node:http` alone brings in an HTTP client with a WebSocket.
 */
function lazyBuiltins(): Plugin {
  const PREFIX = '\0builtin:';
  return {
    name: 'lazy-builtins',
    resolveId: (source) => {
      // The bundler's own helpers rest on node:module, and must be there first.
      if (!isBuiltin(source) || source === 'node:module') return null;
      return { id: PREFIX + source, moduleSideEffects: false };
    },
    load(id) {
      if (!id.startsWith(PREFIX)) return null;
      return `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice(PREFIX.length))});`;
    },
  };
}

function usedModules(chunks: readonly OutputChunk[]): readonly string[] {
  const used = chunks.flatMap((chunk) =>
    Object.entries(chunk.modules)
      .filter(([, { renderedLength }]) => renderedLength > 0)
      .map(([id]) => id),
  );
  return [...new Set(used)].toSorted();
}

/** A warning of the bundler is about something that would fail at run time. */
function refuse(level: string, log: { readonly message: string }): void {
  if (level === 'warn') throw new Error(`the bundler warns: ${log.message}`);
}
