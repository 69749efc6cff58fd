import type { Clock } from './clock.ts';
import { microTime } from './micro-time.ts';
import type { EventHandle, EventSink, EventSubject, NewEvent } from './ports/event-sink.ts';
import { TokenBucket } from './token-bucket.ts';

export interface EventRecorderOptions {
  readonly sink: EventSink;
  readonly clock: Clock;
  /** An event could not be written; it is not tried again. */
  readonly onError?: (error: unknown) => void;
}

export type RecordedEvent = Omit<NewEvent, 'time'>;

const MAX_NOTE_BYTES = 1024;
/** A repetition is written at once the first time, then at most this often, with the count of those between. */
const SERIES_MS = 5 * 60_000;
/** The server forgets events after an hour; a longer series would be one that nobody can read. */
const FORGET_MS = 50 * 60_000;
const MAX_SERIES = 2_000;
/** For each object: a rollout of 20 changes in a row tells all of them, a flapping one is cut to one a minute. */
const BURST = 25;
const REFILL_MS = 60_000;
/** For each reason of an object: one whose numbers keep changing is told anew so often, then it is counted on. */
const SIMILAR_BURST = 10;
const SIMILAR_REFILL_MS = 6 * 60_000;
/** A sink that hangs must not collect the history of the fleet in memory. */
const MAX_PENDING = 200;

/** What has been said of one object for one reason. */
interface Kind {
  readonly bucket: TokenBucket;
  newest: Series | undefined;
}

interface Series {
  /** Undefined until it is written; later writes wait for it. */
  handle: EventHandle | undefined;
  count: number;
  lastAt: number;
  writtenAt: number;
}

/**
 * Tells people what happened, where `kubectl describe` shows it. The same event about the same object becomes a
 * series with a count; the note is part of what is the same, as its numbers are the news. A reason whose note
 * keeps changing is told ten times at once and then every six minutes; between, the newest of its series counts
 * on. So one object makes at most 25 Events at once and 60 an hour, whatever a node does. Recording never waits
 * and never throws, and writes nothing unless something is recorded, so an idle operator is silent here too.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** In the order of last use, oldest first. */
  readonly #series = new Map<string, Series>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #kinds = new Map<string, Kind>();
  #writing: Promise<void> = Promise.resolve();
  #pending = 0;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Events that were not written because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  record(event: RecordedEvent): void {
    const now = this.#options.clock.now();
    const note = cutToBytes(event.note, MAX_NOTE_BYTES);
    const key = [event.subject.uid, event.type, event.reason, event.action, note].join('\n');
    const known = this.#series.get(key);
    if (known !== undefined && now - known.lastAt < FORGET_MS) {
      this.#touch(key, known);
      this.#repeat(known, { ...event, note, time: microTime(now) }, now);
      return;
    }
    const kind = this.#kind(event, now);
    if (!kind.bucket.take(now) && kind.newest !== undefined && now - kind.newest.lastAt < FORGET_MS) {
      this.#repeat(kind.newest, { ...event, note, time: microTime(now) }, now);
      return;
    }
    if (!this.#allowed(event.subject, now)) return;
    const series: Series = { handle: undefined, count: 1, lastAt: now, writtenAt: 0 };
    this.#touch(key, series);
    kind.newest = series;
    this.#write(() => this.#create(series, { ...event, note, time: microTime(now) }));
  }

  /** Resolves when what was recorded so far is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  #repeat(series: Series, event: NewEvent, now: number): void {
    series.count += 1;
    series.lastAt = now;
    if (now - series.writtenAt < SERIES_MS || !this.#allowed(event.subject, now)) return;
    series.writtenAt = now;
    this.#write(async () => {
      const { handle, count, lastAt } = series;
      if (handle === undefined) return this.#create(series, event);
      const result = await this.#options.sink.repeat(handle, { count, lastTime: microTime(lastAt) });
      if (result === 'gone') await this.#create(series, event);
    });
  }

  async #create(series: Series, event: NewEvent): Promise<void> {
    series.handle = await this.#options.sink.create(event);
  }

  #write(task: () => Promise<void>): void {
    if (this.#pending >= MAX_PENDING) {
      this.#dropped += 1;
      return;
    }
    this.#pending += 1;
    // One after the other: a repetition needs the name of what was created before it.
    this.#writing = this.#writing
      .then(task)
      .catch((error: unknown) => this.#options.onError?.(error))
      .finally(() => {
        this.#pending -= 1;
      });
  }

  #kind({ subject, type, reason, action }: RecordedEvent, now: number): Kind {
    const key = [subject.uid, type, reason, action].join('\n');
    const kind = this.#kinds.get(key) ?? {
      bucket: new TokenBucket(SIMILAR_BURST, SIMILAR_REFILL_MS, now),
      newest: undefined,
    };
    renew(this.#kinds, key, kind);
    return kind;
  }

  #allowed(subject: EventSubject, now: number): boolean {
    const bucket = this.#buckets.get(subject.uid) ?? new TokenBucket(BURST, REFILL_MS, now);
    renew(this.#buckets, subject.uid, bucket);
    const allowed = bucket.take(now);
    if (!allowed) this.#dropped += 1;
    return allowed;
  }

  #touch(key: string, series: Series): void {
    renew(this.#series, key, series);
  }
}

/** Moves an entry to the young end of a map and lets the oldest fall off. */
function renew<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_SERIES && oldest !== undefined) map.delete(oldest);
}

/** The limit of the API counts bytes; a character is not cut in two. */
function cutToBytes(text: string, limit: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= limit) return text;
  const ellipsis = '…';
  let end = limit - new TextEncoder().encode(ellipsis).length;
  // Bytes 10xxxxxx continue a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end)) + ellipsis;
}
