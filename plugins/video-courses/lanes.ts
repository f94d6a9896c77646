/** Work for one person, one piece after the other; different people do not wait for one another. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(person: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(person);
    const result = before ? before.then(work, work) : work();
    const leave = () => {
      if (this.#last.get(person) === result) this.#last.delete(person);
    };
    this.#last.set(person, result);
    result.then(leave, leave);
    return result;
  }
}
