import { parseArgs } from 'node:util';

import { KUBERNETES_VERSION } from '../binaries/binaries.ts';
import { buildBinaries } from './kubernetes-binaries.ts';
import { down, status, up } from './background.ts';
import { components, readCa, type Cluster } from './cluster.ts';
import { installCrds } from '../api/install-crds.ts';
import { request } from './request.ts';
import { clusterSettings } from './start.ts';

const USAGE = `npm run controlplane -- <command>

  up      build if needed, start a control plane and Prometheus in the background, wait until they are ready,
          install the CRDs of Outrigger
  down    stop them and remove their data
  status  what runs, and where its logs are
  build   only build

  --json                  up, status: print one JSON object on standard output
  --fleet-port N          up: where Prometheus asks for targets (npm run fleet); default 9464
  --scrape-interval D     up: default 5s
  --no-prometheus         up, build: without Prometheus
`;

const log = (line: string): void => void process.stderr.write(`[controlplane] ${line}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    allowNegative: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      prometheus: { type: 'boolean' },
      'fleet-port': { type: 'string' },
      'scrape-interval': { type: 'string' },
    },
  });
}

type Options = ReturnType<typeof parse>['values'];

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help) return print(USAGE);
  if (rest.length > 0) throw new Error(`unknown argument ${rest.join(' ')}\n\n${USAGE}`);
  switch (command) {
    case 'up':
      return runUp(values);
    case 'down':
      log((await down(log)) ? 'stopped; its data is removed' : 'nothing was up');
      return;
    case 'status':
      return runStatus(values);
    case 'build':
      return print(
        JSON.stringify(await buildBinaries({ prometheus: values.prometheus !== false, log }), null, 2),
      );
    default:
      throw new Error(
        `${command === undefined ? 'a command is missing' : `unknown command ${command}`}\n\n${USAGE}`,
      );
  }
}

async function runUp(values: Options): Promise<void> {
  const settings = clusterSettings({
    prometheus: values.prometheus !== false && {
      fleetPort: port(values['fleet-port'] ?? '9464'),
      // Where an operator outside a cluster looks by itself.
      preferredPort: 9090,
      scrapeInterval: duration(values['scrape-interval'] ?? '5s'),
    },
  });
  const explicit = [values.prometheus, values['fleet-port'], values['scrape-interval']].some(
    (o) => o !== undefined,
  );
  const cluster = await up(settings, explicit, log);
  await installOurs(cluster);
  print(values.json ? JSON.stringify(summary(cluster)) : nextSteps(cluster));
}

/** Who starts a control plane here wants to try Outrigger on it. */
async function installOurs(cluster: Cluster): Promise<void> {
  const options = { ca: await readCa(cluster), token: cluster.tokens.admin };
  await installCrds(async (method, path, body, contentType) => {
    const reply = await request(cluster.url + path, {
      ...options,
      method,
      ...(body !== undefined && { body }),
      ...(contentType !== undefined && { contentType }),
    });
    return { status: reply.status, body: JSON.parse(reply.text) };
  });
}

async function runStatus(values: Options): Promise<void> {
  const found = await status();
  if (found === undefined) {
    print(values.json ? JSON.stringify({ up: false }) : 'nothing is up');
    return;
  }
  const { state, running } = found;
  if (values.json) {
    print(JSON.stringify({ up: true, ...summary(state.cluster), components: Object.fromEntries(running) }));
    return;
  }
  for (const component of components(state.cluster)) {
    print(`${component.name}: ${running.get(component.name) ? 'running' : 'DEAD'}, log ${component.log}`);
  }
  print(`kubeconfig: ${state.cluster.kubeconfig}`);
}

const summary = (cluster: Cluster) => ({
  kubeconfig: cluster.kubeconfig,
  prometheus: cluster.prometheus?.url ?? null,
});

function nextSteps(cluster: Cluster): string {
  return [
    `Kubernetes ${KUBERNETES_VERSION} is up at ${cluster.url}.`,
    ...(cluster.prometheus ? [`Prometheus is up at ${cluster.prometheus.url}.`] : []),
    '',
    'Next, each in a terminal of its own:',
    `  export KUBECONFIG=${cluster.kubeconfig}`,
    `  npm start -- --kubeconfig ${cluster.kubeconfig}${cluster.prometheus ? ` --prometheus ${cluster.prometheus.url}` : ''}`,
    `  npm run fleet -- --kubeconfig ${cluster.kubeconfig} --nodes 30`,
    '  kubectl apply -f examples/quickstart/01-model.yaml      # then 02, 03 and 04',
    '  npm run controlplane -- down      # when done',
  ].join('\n');
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new Error(`--fleet-port ${text}: a port is a number from 1 to 65535`);
}

function duration(text: string): string {
  if (/^[1-9]\d*(ms|s|m)$/.test(text)) return text;
  throw new Error(`--scrape-interval ${text}: write it as Prometheus does, such as 5s or 500ms`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
