import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../sim/virtual-clock.ts';
import { EventRecorder, type RecordedEvent } from './event-recorder.ts';
import type { EventHandle, EventSeries, EventSink, NewEvent } from './ports/event-sink.ts';

class FakeSink implements EventSink {
  readonly created: NewEvent[] = [];
  readonly repeated: { name: string; series: EventSeries }[] = [];
  mode: 'fine' | 'broken' | 'forgetful' | 'hanging' = 'fine';

  async create(event: NewEvent): Promise<EventHandle> {
    await this.#answer();
    this.created.push(event);
    return { namespace: 'vision', name: `event-${this.created.length}` };
  }

  async repeat({ name }: EventHandle, series: EventSeries): Promise<'done' | 'gone'> {
    await this.#answer();
    if (this.mode === 'forgetful') return 'gone';
    this.repeated.push({ name, series });
    return 'done';
  }

  async #answer(): Promise<void> {
    if (this.mode === 'broken') throw new Error('no events today');
    if (this.mode === 'hanging') await new Promise(() => {});
  }
}

function event(note: string, name = 'defect-detector'): RecordedEvent {
  const subject = {
    apiVersion: 'outrigger.dev/v1alpha1',
    kind: 'EdgeModel',
    namespace: 'vision',
    name,
    uid: name,
  };
  return { subject, type: 'Warning', reason: 'NoMetrics', action: 'Judge', note };
}

function setUp() {
  const clock = new VirtualClock();
  const sink = new FakeSink();
  const errors: unknown[] = [];
  const recorder = new EventRecorder({ sink, clock, onError: (error) => void errors.push(error) });
  return { clock, sink, errors, recorder };
}

describe('EventRecorder', () => {
  it('writes an event once and then its count: the first repetition at once, later ones seldom', async () => {
    const { clock, sink, recorder } = setUp();
    for (let minute = 0; minute < 12; minute++) {
      recorder.record(event('no data'));
      await recorder.flush();
      await clock.advance(60_000);
    }
    expect(sink.created).toHaveLength(1);
    expect(sink.created[0]?.time).toBe('2026-01-01T00:00:00.000000Z');
    expect(sink.repeated).toEqual([
      { name: 'event-1', series: { count: 2, lastTime: '2026-01-01T00:01:00.000000Z' } },
      { name: 'event-1', series: { count: 7, lastTime: '2026-01-01T00:06:00.000000Z' } },
      { name: 'event-1', series: { count: 12, lastTime: '2026-01-01T00:11:00.000000Z' } },
    ]);
  });

  it('takes another note, reason or object for another event', async () => {
    const { sink, recorder } = setUp();
    recorder.record(event('3 of 5 nodes'));
    recorder.record(event('4 of 5 nodes'));
    recorder.record({ ...event('4 of 5 nodes'), reason: 'SiteDark' });
    recorder.record(event('4 of 5 nodes', 'other'));
    await recorder.flush();
    expect(sink.created).toHaveLength(4);
    expect(sink.repeated).toHaveLength(0);
  });

  it('begins a new series where the server has forgotten the event', async () => {
    const { sink, recorder } = setUp();
    recorder.record(event('no data'));
    sink.mode = 'forgetful';
    recorder.record(event('no data'));
    await recorder.flush();
    expect(sink.created).toHaveLength(2);
  });

  it('begins a new series after an hour of silence', async () => {
    const { clock, sink, recorder } = setUp();
    recorder.record(event('no data'));
    await clock.advance(3_600_000);
    recorder.record(event('no data'));
    await recorder.flush();
    expect(sink.created).toHaveLength(2);
  });

  it('limits one noisy object without silencing another', async () => {
    const { clock, sink, recorder } = setUp();
    for (let i = 0; i < 100; i++) recorder.record({ ...event('try'), reason: `Reason${i}` });
    recorder.record(event('quiet', 'other'));
    await recorder.flush();
    expect(sink.created.filter(({ subject }) => subject.name === 'defect-detector')).toHaveLength(25);
    expect(sink.created.at(-1)?.subject.name).toBe('other');
    expect(recorder.dropped).toBe(75);
    await clock.advance(60_000);
    recorder.record(event('later'));
    await recorder.flush();
    expect(sink.created.at(-1)?.note).toBe('later');
  });

  it('counts on where one reason keeps changing its note, and tells it anew every six minutes', async () => {
    const { clock, sink, recorder } = setUp();
    for (let second = 0; second < 3_600; second++) {
      recorder.record(event(`${second % 7} nodes away since second ${second}`));
      await recorder.flush();
      await clock.advance(1_000);
    }
    expect(sink.created).toHaveLength(19);
    expect(sink.created.at(9)?.note).toBe('2 nodes away since second 9');
    expect(sink.created.at(10)?.note).toBe('4 nodes away since second 361');
    // Each series tells how many were like it, as far as they were written by now.
    expect(sink.repeated.length).toBeLessThan(40);
    const counted = new Map(sink.repeated.map(({ name, series }) => [name, series.count]));
    expect(counted.get('event-11')).toBeGreaterThan(300);
    // Another reason of the same object is not silenced.
    recorder.record({ ...event('back'), reason: 'Promoted' });
    await recorder.flush();
    expect(sink.created.at(-1)?.note).toBe('back');
    expect(recorder.dropped).toBe(0);
  });

  it('never throws, reports the error, and writes again when the sink works', async () => {
    const { sink, errors, recorder } = setUp();
    sink.mode = 'broken';
    recorder.record(event('no data'));
    await recorder.flush();
    expect(errors).toHaveLength(1);
    sink.mode = 'fine';
    recorder.record(event('no data'));
    await recorder.flush();
    expect(sink.created).toHaveLength(1);
  });

  it('does not collect without end behind a sink that hangs', async () => {
    const { sink, recorder } = setUp();
    sink.mode = 'hanging';
    for (let i = 0; i < 300; i++) recorder.record(event('no data', `model-${i}`));
    expect(recorder.dropped).toBe(100);
  });

  it('cuts a note to 1 kB of UTF-8 between characters', async () => {
    const { sink, recorder } = setUp();
    recorder.record(event('ü'.repeat(600)));
    recorder.record(event(`x${'😀'.repeat(300)}`));
    recorder.record(event('a'.repeat(1024)));
    await recorder.flush();
    const notes = sink.created.map(({ note }) => note);
    expect(notes.map((note) => Buffer.byteLength(note))).toEqual([1023, 1024, 1024]);
    expect(notes.join('')).not.toContain('\uFFFD');
    expect(notes[0]).toMatch(/ü…$/);
    expect(notes[2]).toBe('a'.repeat(1024));
  });
});
