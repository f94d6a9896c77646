/**
 * A value that names all of its fields, those that are absent as undefined. What a beat makes anew is written out so: values
 * that are copied from copies with `...` each get a shape of their own, and V8 then copies them slowly.
 */
export type Whole<T> = { [K in keyof Required<T>]: T[K] };
