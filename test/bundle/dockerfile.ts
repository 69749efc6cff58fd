import { readFile } from 'node:fs/promises';

export interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly text: string;
}

export interface Copy {
  readonly sources: readonly string[];
  readonly target: string;
  /** The stage that the sources are in; the build context where there is none. */
  readonly from: string | undefined;
}

export interface Stage {
  readonly base: string;
  readonly platform: string | undefined;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

const DOCKERFILE = new URL('../../deploy/image/Dockerfile', import.meta.url);

/** The two stages of the Dockerfile. Understands what ours holds, and throws on a line that it does not. */
export async function readDockerfile(): Promise<{ readonly builder: Stage; readonly final: Stage }> {
  const [builder, final, ...others] = await readStages();
  if (builder === undefined || final === undefined || others.length > 0) {
    throw new Error('the Dockerfile has not the two stages that its tests know');
  }
  return { builder, final };
}

async function readStages(): Promise<readonly Stage[]> {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const { name, text } of instructions(await readFile(DOCKERFILE, 'utf8'))) {
    const stage = stages.at(-1);
    if (name !== 'FROM') {
      if (stage === undefined) throw new Error(`${name} before the first FROM`);
      stage.instructions.push({ name, text });
      continue;
    }
    const [, platform, base = '', as] = /^(?:--platform=(\S+) )?(\S+)(?: AS (\S+))?$/.exec(text) ?? [];
    stages.push({ base, platform, name: as, instructions: [] });
  }
  return stages;
}

export function allOf(stage: Stage, name: string): readonly string[] {
  return stage.instructions.filter((each) => each.name === name).map(({ text }) => text);
}

/** The text of the instruction that the stage has once. */
export function only(stage: Stage, name: string): string {
  const [text, ...others] = allOf(stage, name);
  if (text === undefined || others.length > 0) throw new Error(`${name} is not there once, in ${stage.base}`);
  return text;
}

export function copies(stage: Stage): readonly Copy[] {
  return allOf(stage, 'COPY').map((text) => {
    const words = text.split(/\s+/);
    const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
    const paths = words.filter((word) => !word.startsWith('--'));
    return { sources: paths.slice(0, -1), target: paths.at(-1) ?? '', from };
  });
}

export function labels(stage: Stage): Readonly<Record<string, string>> {
  const pairs = only(stage, 'LABEL').matchAll(/([\w.]+)="([^"]*)"/g);
  return Object.fromEntries([...pairs].map(([, key = '', value = '']) => [key, value]));
}

function instructions(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => {
      const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (name === undefined || rest === undefined) throw new Error(`no instruction: ${line}`);
      return { name, text: rest };
    });
}
