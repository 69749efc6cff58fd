import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

/** A node of the syntax tree, as far as this test reads it. */
interface SyntaxNode {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly object?: SyntaxNode;
  readonly property?: SyntaxNode;
  readonly computed?: boolean;
  readonly callee?: SyntaxNode;
  readonly arguments?: readonly SyntaxNode[];
  readonly consequent?: SyntaxNode;
  readonly alternate?: SyntaxNode;
}

const LEVELS = new Set(['debug', 'info', 'warn', 'error']);

function isLog(node: SyntaxNode | undefined): boolean {
  const name = node?.type === 'MemberExpression' ? node.property?.name : node?.name;
  return name !== undefined && /^log$|Log$/.test(name);
}

/** `log.info`, `this.#log.warn`, or `log[level]`. */
function isLogMethod(node: SyntaxNode | undefined): boolean {
  if (node?.type !== 'MemberExpression' || !isLog(node.object)) return false;
  return node.computed === true || LEVELS.has(node.property?.name ?? '');
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is SyntaxNode => typeof value === 'object' && value !== null && 'type' in value);
}

/** A literal, or a choice between literals. */
function constantsOf(node: SyntaxNode | undefined): readonly string[] | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return [node.value];
  if (node?.type !== 'ConditionalExpression') return undefined;
  const either = constantsOf(node.consequent);
  const or = constantsOf(node.alternate);
  return either === undefined || or === undefined ? undefined : [...either, ...or];
}

interface Found {
  readonly messages: readonly string[];
  /** Calls whose message is no string literal, and methods that are used without being called, such as an alias. */
  readonly faults: number;
}

function logCalls(code: string): Found {
  const messages: string[] = [];
  let faults = 0;
  const visit = (node: SyntaxNode, isCallee: boolean): void => {
    if (isLogMethod(node) && !isCallee) faults += 1;
    const callee = node.type === 'CallExpression' && isLogMethod(node.callee) ? node.callee : undefined;
    if (callee !== undefined) {
      const [, message, ...rest] = node.arguments ?? [];
      const constants = constantsOf(message);
      if (constants !== undefined && rest.length === 0) messages.push(...constants);
      else faults += 1;
    }
    for (const child of childrenOf(node)) visit(child, child === callee);
  };
  visit(parseAst(code, { lang: 'ts' }) as unknown as SyntaxNode, false);
  return { messages, faults };
}

const ROOT = join(import.meta.dirname, '../../src');
const FILES = readdirSync(ROOT, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|fakes\.ts$|^sim\//.test(path));

describe('log messages', () => {
  it('are found by this test, good and bad', () => {
    expect(
      logCalls(
        "log.info({ a }, 'fine'); this.#log.warn({}, 'too'); passLog[level]({}, is ? 'three' : 'four');",
      ),
    ).toEqual({
      messages: ['fine', 'too', 'three', 'four'],
      faults: 0,
    });
    for (const bad of [
      'log.info({}, `pod ${name}`)',
      "log.info({}, is ? 'fine' : name)",
      "log.info({}, 'pod ' + name)",
      'this.#options.log.error({}, message)',
      "log.info('no fields')",
      "log.info({}, 'pod %s', name)",
      'const say = log.info.bind(log)',
      'tell(log.warn)',
    ]) {
      expect({ bad, ...logCalls(bad) }).toMatchObject({ bad, faults: 1 });
    }
    expect(logCalls('Math.log(2); console.log(`x${1}`); catalog.info({}, `y`)').faults).toBe(0);
  });

  it.each(FILES)('of %s are constants', (path) => {
    expect(logCalls(readFileSync(join(ROOT, path), 'utf8')).faults).toBe(0);
  });

  it('are many, so that the rule is known to see them', () => {
    const messages = FILES.flatMap((path) => logCalls(readFileSync(join(ROOT, path), 'utf8')).messages);
    expect(messages.length).toBeGreaterThan(35);
    // One line, in plain words, as they are searched for.
    expect(messages.filter((message) => !/^[ -~]{3,160}$/.test(message))).toEqual([]);
  });
});
