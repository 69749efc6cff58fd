/** Who has to answer for a time in which a Ready node served nothing. */
export type Cause = 'outrigger' | 'fault';

export interface ServiceGap {
  readonly node: string;
  /** Ms since the epoch. */
  readonly from: number;
  /** Ms without a Ready serving pod while the node itself was Ready, by who has to answer for it. */
  readonly outrigger: number;
  readonly fault: number;
  /** It has not ended. */
  readonly open: boolean;
}

interface OpenGap {
  readonly from: number;
  cause: Cause;
  outrigger: number;
  fault: number;
}

interface NodeService {
  nodeReady: boolean;
  serving: boolean;
  /** A node that never served has nothing to lose. */
  served: boolean;
  at: number;
  gap: OpenGap | undefined;
}

/**
 * Time without service on each node, from what is seen of it at each moment. A gap begins when the last Ready serving
 * pod of a node is gone or is not Ready any more, and ends when one is Ready again. It is Outrigger's if Outrigger
 * deleted that pod, and from the first fault in it (the node went dark, a container crashed) the rest is the fault's:
 * without it the node would have served by then. Time in which the node was not Ready does not count.
 */
export class ServiceLedger {
  readonly gaps: ServiceGap[] = [];
  /** The largest numbers of Ready nodes that served nothing at one moment. */
  readonly mostOut: Record<Cause | 'any', number> = { outrigger: 0, fault: 0, any: 0 };
  readonly #nodes = new Map<string, NodeService>();

  /** @param byOutrigger if the node stops serving now, Outrigger deleted its pod */
  see(
    name: string,
    now: number,
    seen: { readonly nodeReady: boolean; readonly serving: boolean; readonly byOutrigger: boolean },
  ): void {
    const node = this.#node(name, now);
    this.#pass(node, now);
    if (!seen.nodeReady && node.gap !== undefined) node.gap.cause = 'fault';
    if (seen.serving && node.gap !== undefined) this.#close(name, node, false);
    // While the node is dark its pods are not Ready either, which says nothing about what runs there.
    if (!seen.serving && node.served && node.gap === undefined && (seen.nodeReady || seen.byOutrigger)) {
      node.gap = { from: now, cause: seen.byOutrigger ? 'outrigger' : 'fault', outrigger: 0, fault: 0 };
    }
    node.nodeReady = seen.nodeReady;
    node.serving = seen.serving;
    node.served ||= seen.serving;
  }

  /** A fault hit the node in a gap: the rest of it is not Outrigger's. */
  fault(name: string, now: number): void {
    const node = this.#nodes.get(name);
    if (node?.gap === undefined) return;
    this.#pass(node, now);
    node.gap.cause = 'fault';
  }

  /** To be called once at each moment, when everything that happens in it was seen. */
  count(): void {
    const out = { outrigger: 0, fault: 0, any: 0 };
    for (const { gap, nodeReady } of this.#nodes.values()) {
      if (gap === undefined || !nodeReady) continue;
      out[gap.cause] += 1;
      out.any += 1;
    }
    for (const cause of ['outrigger', 'fault', 'any'] as const) {
      this.mostOut[cause] = Math.max(this.mostOut[cause], out[cause]);
    }
  }

  end(now: number): void {
    for (const [name, node] of this.#nodes) {
      this.#pass(node, now);
      if (node.gap !== undefined) this.#close(name, node, true);
    }
  }

  #node(name: string, now: number): NodeService {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const node = { nodeReady: false, serving: false, served: false, at: now, gap: undefined };
    this.#nodes.set(name, node);
    return node;
  }

  #pass(node: NodeService, now: number): void {
    if (node.gap !== undefined && node.nodeReady) node.gap[node.gap.cause] += now - node.at;
    node.at = now;
  }

  #close(name: string, node: NodeService, open: boolean): void {
    const { gap } = node;
    node.gap = undefined;
    if (gap === undefined || (gap.outrigger === 0 && gap.fault === 0)) return;
    this.gaps.push({ node: name, from: gap.from, outrigger: gap.outrigger, fault: gap.fault, open });
  }
}
