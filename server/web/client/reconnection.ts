/**
 * How a page comes back after a lost connection: socket.io waits up to twice `reconnectionDelay`, at random over the whole
 * interval, and twice as long each time again, so that a storm after a restart stays flat. Milliseconds.
 */
export const reconnection = { reconnectionDelay: 1000, reconnectionDelayMax: 15_000, randomizationFactor: 1 } as const;
