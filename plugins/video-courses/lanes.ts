/** Work for one person, one piece after the other; different people do not wait for one another. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(person: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(person) ?? Promise.resolve();
    const result = before.then(work, work);
    const settled = result
      .catch(() => {})
      .then(() => {
        if (this.#last.get(person) === settled) this.#last.delete(person);
      });
    this.#last.set(person, settled);
    return result;
  }
}
