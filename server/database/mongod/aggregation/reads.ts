/** The top-level fields of its documents that a stage or an expression reads: only these need to be decoded. */
export class Reads {
  private readonly fields = new Set<string>();
  private all = false;

  /** Notes a field, or, without a name, that every field may be read. */
  add(field: string | undefined): void {
    if (field === undefined) this.all = true;
    else this.fields.add(field);
  }

  addAll(other: Iterable<string> | undefined): void {
    if (other === undefined) this.all = true;
    else for (const field of other) this.fields.add(field);
  }

  /** The fields; undefined where every field may be read. */
  get names(): ReadonlySet<string> | undefined {
    return this.all ? undefined : this.fields;
  }
}
