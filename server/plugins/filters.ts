import type { Filters } from './contract.ts';

type Transform = (value: unknown, context: unknown) => unknown;

/** Values on their way through the plugins, in load order. */
export class FilterChain {
  readonly #transforms = new Map<string, Transform[]>();

  add<K extends keyof Filters>(name: K, transform: (value: never, context: never) => unknown): void {
    const list = this.#transforms.get(name) ?? [];
    this.#transforms.set(name, [...list, transform as Transform]);
  }

  /** Whether a plugin adds to this value at all. */
  has(name: keyof Filters): boolean {
    return this.#transforms.has(name);
  }

  async apply<K extends keyof Filters>(
    name: K,
    value: Filters[K]['value'],
    context: Filters[K]['context'],
  ): Promise<Filters[K]['value']> {
    let current: unknown = value;
    for (const transform of this.#transforms.get(name) ?? []) current = await transform(current, context);
    return current as Filters[K]['value'];
  }
}
