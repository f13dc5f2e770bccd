import type { Histogram as PromHistogram, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
  readonly registry: Registry;
}

/**
 * A histogram for what every request passes. It counts and reads as prom-client's does, which checks and hashes the labels
 * again for each observation, a tenth of the JavaScript of a POST; here a series is looked up once and kept by whoever
 * observes.
 */
export class Histogram {
  readonly name: string;
  readonly #help: string;
  readonly #buckets: readonly number[];
  readonly #series: Series[] = [];

  constructor({ name, help, buckets, registry }: HistogramOptions) {
    this.name = name;
    this.#help = help;
    this.#buckets = buckets;
    // Its type asks for one of prom-client's own classes, its code for a name and `get`.
    registry.registerMetric(this as unknown as PromHistogram);
  }

  /** A new series of this histogram: for each combination of labels, ask once. */
  series(labels: Labels): Series {
    const series = new Series(labels, this.#buckets);
    this.#series.push(series);
    return series;
  }

  /** Everything observed so far, in the form in which prom-client reads it. */
  async get() {
    return {
      name: this.name,
      help: this.#help,
      type: 'histogram',
      aggregator: 'sum',
      values: this.#series.flatMap((series) => series.values(this.name)),
    };
  }
}

/** The observations with one combination of labels. */
export class Series {
  readonly #labels: Labels;
  readonly #buckets: readonly number[];
  /** One a bucket, the last for what is above all bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(labels: Labels, buckets: readonly number[]) {
    this.#labels = labels;
    this.#buckets = buckets;
    this.#counts = Array.from({ length: buckets.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const buckets = this.#buckets;
    let index = 0;
    while (index < buckets.length && value > (buckets[index] ?? 0)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  values(name: string) {
    const labels = this.#labels;
    let count = 0;
    const buckets = this.#counts.map((inBucket, index) => {
      count += inBucket;
      return {
        metricName: `${name}_bucket`,
        labels: { le: this.#buckets[index] ?? '+Inf', ...labels },
        value: count,
      };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
