import cluster from 'node:cluster';

/** One process's figures in prom-client's own form. */
export type Figures = object[];

/** What workers tell the primary, and the primary workers. */
export type FromWorker =
  | { stage: string }
  | { ready: string }
  | { figuresWanted: number }
  | { figures: Figures; round: number };
export type ToWorker = { giveFigures: number } | { figuresOfAll: Figures[]; wanted: number };

/** This process's place among the workers of `npm start -- --workers N`. */
export interface Seat {
  /** From 1; a worker that is started again has the number of the one it follows. */
  number: number;
  /** The figures of every worker that serves, this one's among them. */
  figuresOfAll(): Promise<Figures[]>;
  /** Says how this process's figures are read when another worker is asked for all. */
  onFigures(read: () => Promise<Figures>): void;
}

/** The environment's key by which the primary numbers its workers. */
export const seatKey = 'WORKER';

/** The seat of a worker; undefined in a process that works alone. */
export function takeSeat(): Seat | undefined {
  if (!cluster.isWorker) return undefined;
  const waiting = new Map<number, (figures: Figures[]) => void>();
  let asked = 0;
  let read: () => Promise<Figures> = async () => [];
  const tell = (message: FromWorker) => process.send?.(message, undefined, undefined, () => {});
  process.on('message', async (message: ToWorker) => {
    if ('figuresOfAll' in message) {
      waiting.get(message.wanted)?.(message.figuresOfAll);
      waiting.delete(message.wanted);
    } else if ('giveFigures' in message) {
      tell({ round: message.giveFigures, figures: await read().catch(() => []) });
    }
  });
  return {
    number: Number(process.env[seatKey]),
    figuresOfAll() {
      asked += 1;
      const wanted = asked;
      return new Promise((resolve) => {
        waiting.set(wanted, resolve);
        tell({ figuresWanted: wanted });
      });
    },
    onFigures(reader) {
      read = reader;
    },
  };
}
