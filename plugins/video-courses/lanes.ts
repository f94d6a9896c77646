/** Work for one person, one piece after the other; different people do not wait for one another. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(person: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(person);
    const result = before ? before.then(work, work) : work();
    this.#last.set(person, result);
    result.then(
      () => this.#leave(person, result),
      () => this.#leave(person, result),
    );
    return result;
  }

  #leave(person: string, done: Promise<unknown>): void {
    if (this.#last.get(person) === done) this.#last.delete(person);
  }
}
