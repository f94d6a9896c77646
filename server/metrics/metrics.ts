import type { Logger } from 'pino';
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Seat } from '../workers/seat.ts';

/** A figure that is read at every scrape, so that counting costs the counted work nothing. */
export interface Metric<V extends string = string> {
  /** Carries its unit; counters end in `_total`. `xuefang_` and the plugin's id come before it. */
  name: string;
  help: string;
  kind: 'counter' | 'gauge';
  /** One label with every value that it can have: figures are never about a person. */
  label?: { name: string; values: readonly V[] };
  /** The figure, or one for each value of the label; values that are not named count as 0. */
  read(): Figures<V> | Promise<Figures<V>>;
}

type Figures<V extends string> = number | { readonly [K in V]?: number | undefined } | ReadonlyMap<V, number>;

interface Distribution<L extends string> {
  name: string;
  help: string;
  buckets: number[];
  labels?: readonly L[];
}

const prefix = 'xuefang_';

/**
 * The figures of one platform in Prometheus' text format; each platform has a registry of its own. A worker gives those of
 * all workers, told apart by the label `worker`: Prometheus would take the fall of a sum, when one is started again, for
 * a start of all.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #log: Logger;
  readonly #seat: Seat | undefined;
  #answer: Promise<string> | undefined;

  constructor(log: Logger, seat?: Seat) {
    this.#log = log;
    this.#seat = seat;
    if (!seat) return;
    this.#registry.setDefaultLabels({ worker: String(seat.number) });
    seat.onFigures(() => this.#registry.getMetricsAsJSON());
  }

  /** @throws Error where the name is taken, is no metric's name, or a counter's does not end in `_total` */
  add<V extends string>({ name, help, kind, label, read }: Metric<V>): void {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || (kind === 'counter') !== name.endsWith('_total')) {
      throw new Error(`"${name}" is no name for a ${kind}`);
    }
    const log = this.#log;
    const labelNames = label ? [label.name] : [];
    const about = { name: prefix + name, help, labelNames, registers: [this.#registry] };
    const set = (one: Counter | Gauge, figures: Figures<V>) => {
      one.reset();
      if (!label) return add(one, {}, figures as number);
      const of = (value: V) =>
        (figures instanceof Map ? figures.get(value) : (figures as { [K in V]?: number })[value]) ?? 0;
      for (const value of label.values) add(one, { [label.name]: value }, of(value));
    };
    async function collect(this: Counter | Gauge): Promise<void> {
      try {
        set(this, await read());
      } catch (error) {
        log.warn({ err: error, metric: name }, 'a figure could not be read');
        this.reset();
      }
    }
    if (kind === 'counter') new Counter({ ...about, collect });
    else new Gauge({ ...about, collect });
  }

  /** A counter of the core's own with labels from the code, such as a route's pattern. */
  counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: prefix + name, help, labelNames, registers: [this.#registry] });
  }

  distribution<L extends string = never>({ name, help, buckets, labels = [] }: Distribution<L>): Histogram<L> {
    return new Histogram({ name: prefix + name, help, buckets, labelNames: labels, registers: [this.#registry] });
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** All figures; whoever asks while they are being read gets the same answer. */
  text(): Promise<string> {
    this.#answer ??= this.#read().finally(() => {
      this.#answer = undefined;
    });
    return this.#answer;
  }

  async #read(): Promise<string> {
    if (!this.#seat) return this.#registry.metrics();
    return AggregatorRegistry.aggregate(await this.#seat.figuresOfAll()).metrics();
  }
}

function add(one: Counter | Gauge, labels: Record<string, string>, value: number): void {
  one.inc(labels, Number.isFinite(value) ? value : 0);
}
